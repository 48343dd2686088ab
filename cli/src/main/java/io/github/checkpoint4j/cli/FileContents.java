package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.Format;
import io.github.checkpoint4j.format.Gguf;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.NumPy;
import io.github.checkpoint4j.format.Onnx;
import io.github.checkpoint4j.format.PyTorch;
import io.github.checkpoint4j.format.SafeTensors;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import io.github.checkpoint4j.keras.Keras;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Value;
import io.github.checkpoint4j.store.MappedFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What is in a file, of whatever format.
 *
 * @param format told by the content
 * @param facts what the file says of itself, apart from its state
 * @param state the tensors, windows on the file, and the plain values
 */
record FileContents(Format format, Map<String, String> facts, List<StateEntry> state) {
  /**
   * Reads a file.
   *
   * @throws CorruptFileException if it is damaged, or no file of a model at all
   * @throws UnsupportedFeatureException if its format, or something in it, is not read here
   */
  static FileContents of(MappedFile file) throws IOException {
    return of(file, Map.of());
  }

  /**
   * Reads a file that may be of several.
   *
   * @param beside the other files it names, by name
   */
  static FileContents of(MappedFile file, Map<String, MemorySegment> beside) throws IOException {
    return file.read(bytes -> parse(bytes, file.path().toString(), beside));
  }

  private static FileContents parse(
      MemorySegment bytes, String source, Map<String, MemorySegment> beside)
      throws CorruptFileException, UnsupportedFeatureException {
    Format format =
        Format.detect(bytes)
            .orElseThrow(
                () ->
                    new CorruptFileException(
                        source
                            + ": no format of models is known that begins like this;"
                            + " check that it is the right file, and whole"));
    return switch (format) {
      case PYTORCH_ZIP, PYTORCH_LEGACY, PYTORCH_TAR ->
          new FileContents(format, Map.of(), StateEntry.of(PyTorch.read(bytes, source)));
      case ONNX -> {
        Onnx onnx = Onnx.parse(bytes, source, beside);
        yield new FileContents(
            format,
            Map.of("nodes", String.valueOf(onnx.nodes().size())),
            named(onnx.initializers()));
      }
      case JSON -> new FileContents(format, Map.of(), entries(Json.parsePython(bytes, source)));
      // A file that is nothing of a model is refused by the reader, which says what it is instead.
      case SAFETENSORS, EMPTY, HTML, GIT_LFS_POINTER -> {
        SafeTensors tensors = SafeTensors.parse(bytes, source);
        yield new FileContents(format, tensors.metadata(), named(tensors.tensors()));
      }
      case KERAS -> KerasContents.of(format, Keras.read(bytes, source));
      case HDF5 -> KerasContents.ofHdf5(bytes, source);
      case TENSORFLOW -> TensorFlowFiles.of(bytes, source).contents(beside);
      case NUMPY ->
          new FileContents(
              format, Map.of(), List.of(new StateEntry(List.of(), NumPy.array(bytes, source))));
      case NPZ -> new FileContents(format, Map.of(), named(NumPy.archive(bytes, source)));
      case GGUF -> {
        Gguf gguf = Gguf.parse(bytes, source);
        yield new FileContents(format, facts(gguf), named(gguf.tensors()));
      }
      case ZIP, PICKLE ->
          throw new UnsupportedFeatureException(
              source
                  + ": "
                  + format.title()
                  + " is not read here; safetensors, PyTorch, Keras, HDF5, ONNX, GGUF, NumPy,"
                  + " TensorFlow and JSON are: convert it to one of them where it was made");
    };
  }

  private static Map<String, String> facts(Gguf gguf) {
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("version", String.valueOf(gguf.version()));
    gguf.metadata()
        .forEach(
            (key, value) ->
                facts.put(
                    key, value instanceof Value.Text text ? text.value() : Plain.text(value)));
    return facts;
  }

  /** By names with dots, or with slashes if one has any. */
  private static List<StateEntry> named(Map<String, ? extends Value> tensors) {
    boolean isPath = tensors.keySet().stream().anyMatch(name -> name.indexOf('/') >= 0);
    List<StateEntry> entries = new ArrayList<>();
    tensors.forEach(
        (name, tensor) ->
            entries.add(
                isPath
                    ? StateEntry.atPath(List.of(name.split("/", -1)), tensor)
                    : new StateEntry(List.of(name.split("\\.", -1)), tensor)));
    return entries;
  }

  /** What a JSON document has, as the parts of a state. */
  static List<StateEntry> entries(Json json) throws UnsupportedFeatureException {
    return StateEntry.of(value(json));
  }

  private static Value value(Json json) {
    return switch (json) {
      case Json.Obj object -> {
        Map<String, Value> entries = new LinkedHashMap<>();
        object.members().forEach((name, member) -> entries.put(name, value(member)));
        yield StateDict.of(entries);
      }
      case Json.Arr array ->
          new Value.Items(array.items().stream().map(FileContents::value).toList());
      case Json.Str string -> Value.of(string.value());
      case Json.Num number when number.isWhole() -> whole(number);
      case Json.Num number -> Value.of(number.asDouble());
      case Json.Bool bool -> Value.of(bool.value());
      case Json.Null _ -> Value.none();
    };
  }

  /**
   * Long digit strings take long to convert: beyond what a double holds, they are shown as that.
   */
  private static Value whole(Json.Num number) {
    return number.literal().length() > 400
        ? Value.of(new BigDecimal(number.literal().substring(0, 400)).doubleValue())
        : new Value.Int(new BigInteger(number.literal()));
  }

  List<StateEntry> tensors() {
    return state.stream().filter(StateEntry::isTensor).toList();
  }

  /** What stands between the keys in a name. */
  String separator() {
    return state.isEmpty() ? "." : state.getFirst().separator();
  }

  /** The number of elements of all tensors. */
  long parameters() {
    long sum = 0;
    for (StateEntry entry : state) {
      sum = Math.addExact(sum, entry.array().map(NumericArray::elementCount).orElse(0L));
    }
    return sum;
  }

  /** One line: size, format, tensors, parameters. */
  String summary(long size) {
    int tensors = tensors().size();
    return Quantities.size(size)
        + ", "
        + format.title()
        + (tensors == 0
            ? ""
            : ", "
                + Quantities.count(tensors, "tensor")
                + ", "
                + Quantities.count(parameters(), "parameter"));
  }

  Json.Obj json(String path, long size) {
    Map<String, Json> metadata = new LinkedHashMap<>();
    facts.forEach((name, value) -> metadata.put(name, Json.of(value)));
    List<Json> values = new ArrayList<>();
    for (StateEntry entry : state) {
      if (!entry.isTensor()) {
        values.add(
            Json.object()
                .put("name", entry.name())
                .put("value", Plain.json(entry.value()))
                .build());
      }
    }
    return Json.object()
        .put("path", path)
        .put("format", format.name().toLowerCase(Locale.ROOT))
        .put("size", size)
        .put("metadata", Json.object(metadata))
        .put("parameters", parameters())
        .put("tensors", tensorRows(tensors()))
        .put("values", Json.array(values))
        .build();
  }

  /** An array of name, dtype and shape. */
  static Json tensorRows(List<StateEntry> tensors) {
    List<Json> rows = new ArrayList<>();
    for (StateEntry entry : tensors) {
      entry
          .array()
          .ifPresent(
              array ->
                  rows.add(
                      Json.object()
                          .put("name", entry.name())
                          .put("dtype", array.type())
                          .put("shape", Plain.shape(array.shape()))
                          .build()));
    }
    return Json.array(rows);
  }
}
