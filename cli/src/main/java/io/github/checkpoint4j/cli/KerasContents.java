package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.Format;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import io.github.checkpoint4j.keras.Keras;
import io.github.checkpoint4j.keras.KerasModel;
import io.github.checkpoint4j.keras.hdf5.Hdf5;
import io.github.checkpoint4j.keras.hdf5.Hdf5Dataset;
import io.github.checkpoint4j.keras.hdf5.Hdf5Group;
import io.github.checkpoint4j.keras.hdf5.Hdf5Node;
import io.github.checkpoint4j.keras.hdf5.Hdf5Value;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.state.Value;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What is in a file of Keras, and in any other HDF5 file. A name is the path of a dataset. */
final class KerasContents {
  private KerasContents() {}

  /** An HDF5 file: what Keras saved, or else its datasets and attributes. */
  static FileContents ofHdf5(MemorySegment bytes, String source)
      throws CorruptFileException, UnsupportedFeatureException {
    Hdf5Group root = Hdf5.read(bytes, source);
    Optional<KerasModel> model = Keras.find(root, source);
    if (model.isPresent()) {
      return of(Format.HDF5, model.get());
    }
    List<StateEntry> entries = new ArrayList<>();
    add(List.of(), root, entries);
    return new FileContents(Format.HDF5, Map.of(), entries);
  }

  static FileContents of(Format format, KerasModel model) {
    List<StateEntry> entries = new ArrayList<>();
    for (Map<String, Tensor> tensors : List.of(model.variables(), model.optimizerVariables())) {
      tensors.forEach(
          (path, tensor) -> entries.add(StateEntry.atPath(List.of(path.split("/", -1)), tensor)));
    }
    return new FileContents(format, facts(model), entries);
  }

  private static Map<String, String> facts(KerasModel model) {
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("layout", model.layout().title());
    model.kerasVersion().ifPresent(version -> facts.put("keras_version", version));
    model.backend().ifPresent(backend -> facts.put("backend", backend));
    model.dateSaved().ifPresent(date -> facts.put("date_saved", date));
    model.config().ifPresent(config -> facts.put("model", described(config)));
    model
        .compileConfig()
        .flatMap(
            compiled ->
                object(compiled, "optimizer").or(() -> object(compiled, "optimizer_config")))
        .flatMap(optimizer -> text(optimizer, "class_name"))
        .ifPresent(optimizer -> facts.put("optimizer", optimizer));
    for (Json layer : model.layers()) {
      if (layer instanceof Json.Obj object) {
        facts.put("layer " + name(object).orElse("without a name"), className(object));
      }
    }
    model.assets().forEach((path, bytes) -> facts.put(path, Quantities.size(bytes.byteSize())));
    return facts;
  }

  /** Class and name: {@code Sequential 'mlp'}. */
  private static String described(Json.Obj object) {
    return className(object) + name(object).map(name -> " '" + name + "'").orElse("");
  }

  /** The class, and whether it is one whose code would have to be run. */
  private static String className(Json.Obj object) {
    String name = text(object, "class_name").orElse("without a class");
    if (name.equals("Lambda")) {
      return name + " (its code is not run)";
    }
    return text(object, "registered_name")
        .filter(registered -> !registered.equals(name))
        .map(registered -> name + " (custom: " + registered + ", not run)")
        .orElse(name);
  }

  private static Optional<String> name(Json.Obj object) {
    return object(object, "config").flatMap(config -> text(config, "name"));
  }

  private static Optional<Json.Obj> object(Json.Obj object, String name) {
    return object.find(name).filter(Json.Obj.class::isInstance).map(Json.Obj.class::cast);
  }

  private static Optional<String> text(Json.Obj object, String name) {
    return object
        .find(name)
        .filter(Json.Str.class::isInstance)
        .map(member -> ((Json.Str) member).value());
  }

  private static void add(List<String> path, Hdf5Node node, List<StateEntry> entries)
      throws CorruptFileException, UnsupportedFeatureException {
    if (node instanceof Hdf5Dataset dataset) {
      entries.add(StateEntry.atPath(path, value(dataset.value())));
    }
    for (Map.Entry<String, Hdf5Value> attribute : node.attributes().entrySet()) {
      entries.add(
          StateEntry.atPath(longer(path, "@" + attribute.getKey()), value(attribute.getValue())));
    }
    if (node instanceof Hdf5Group group) {
      for (Map.Entry<String, Hdf5Node> child : group.children().entrySet()) {
        add(longer(path, child.getKey()), child.getValue(), entries);
      }
    }
  }

  private static List<String> longer(List<String> path, String name) {
    List<String> longer = new ArrayList<>(path);
    longer.add(name);
    return longer;
  }

  private static Value value(Hdf5Value value) {
    return switch (value) {
      case Hdf5Value.Numbers numbers -> numbers.tensor();
      case Hdf5Value.Text text -> Value.of(text.value());
      case Hdf5Value.Texts texts ->
          new Value.Items(texts.values().stream().<Value>map(Value::of).toList());
      case Hdf5Value.Empty _ -> Value.none();
    };
  }
}
