package io.github.checkpoint4j.format;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.checkpoint4j.state.QuantizedTensor;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.state.Value;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever the bytes are, a parser gives a valid object or one of its two exceptions. */
class ParserFuzzTest {

  static List<byte[]> documents() throws IOException {
    return damaged(JsonPrinterTest.documents());
  }

  static List<byte[]> tensors() throws IOException {
    return damaged(
        Stream.concat(SafeTensorsGoldenTest.good().stream(), SafeTensorsGoldenTest.bad().stream())
            .toList());
  }

  static List<byte[]> models() throws IOException {
    return damaged(Stream.concat(OnnxTest.good().stream(), OnnxTest.bad().stream()).toList());
  }

  static List<byte[]> arrays() throws IOException {
    return damaged(Stream.concat(NumPyTest.good().stream(), NumPyTest.bad().stream()).toList());
  }

  static List<byte[]> ggufs() throws IOException {
    return damaged(GgufTest.good());
  }

  static List<byte[]> indexes() throws IOException {
    Golden golden = Golden.topic("tensorflow");
    return damaged(
        Stream.of("good/sharded", "good/strings", "good/many", "bad/sliced")
            .flatMap(folder -> golden.files(folder, ".index").stream())
            .toList());
  }

  static List<byte[]> all() throws IOException {
    List<byte[]> all = new ArrayList<>(documents());
    all.addAll(tensors());
    all.addAll(models());
    all.addAll(arrays());
    all.addAll(ggufs());
    all.addAll(indexes());
    return all;
  }

  /** Each file whole, and some times with a few bytes changed, removed or added. */
  private static List<byte[]> damaged(List<Path> files) throws IOException {
    Random random = new Random(42);
    List<byte[]> seeds = new ArrayList<>();
    for (Path file : files) {
      byte[] whole = Golden.bytes(file).toArray(ValueLayout.JAVA_BYTE);
      seeds.add(whole);
      for (int i = 0; i < 8 && whole.length > 0; i++) {
        byte[] changed = Arrays.copyOf(whole, whole.length + random.nextInt(-8, 3) % whole.length);
        for (int bytes = random.nextInt(4); bytes > 0 && changed.length > 0; bytes--) {
          int at = random.nextInt(Math.min(changed.length, 400));
          changed[at] = (byte) (random.nextBoolean() ? random.nextInt() : changed[at] ^ 1);
        }
        seeds.add(changed);
      }
    }
    return seeds;
  }

  @MethodSource("documents")
  @FuzzTest
  void json(byte[] bytes) {
    Json json;
    try {
      json = Json.parsePython(MemorySegment.ofArray(bytes), "fuzz");
    } catch (CorruptFileException e) {
      return;
    }
    for (String text : new String[] {json.toText(), json.toIndentedText()}) {
      try {
        if (!Json.parsePython(MemorySegment.ofArray(text.getBytes(UTF_8)), "again").equals(json)) {
          throw new AssertionError("read back differently: " + text);
        }
      } catch (CorruptFileException e) {
        throw new AssertionError(e);
      }
    }
  }

  @MethodSource("tensors")
  @FuzzTest
  void safetensors(byte[] bytes) {
    SafeTensors read;
    try {
      read = SafeTensors.parse(MemorySegment.ofArray(bytes), "fuzz");
    } catch (CorruptFileException | UnsupportedFeatureException e) {
      return;
    }
    byte[] written = bytes(SafeTensors.write(read.stateDict(), read.metadata()));
    try {
      SafeTensors again = SafeTensors.parse(MemorySegment.ofArray(written), "again");
      byte[] rewritten = bytes(SafeTensors.write(again.stateDict(), again.metadata()));
      if (!Arrays.equals(written, rewritten)) {
        throw new AssertionError("written differently the second time");
      }
    } catch (CorruptFileException | UnsupportedFeatureException e) {
      throw new AssertionError(e);
    }
  }

  @MethodSource("models")
  @FuzzTest
  void onnx(byte[] bytes) {
    try {
      Onnx read = Onnx.parse(MemorySegment.ofArray(bytes), "fuzz");
      for (Tensor tensor : read.initializers().values()) {
        if (!tensor.hasSameBytes(tensor)) {
          throw new AssertionError("unequal to itself: " + tensor);
        }
      }
    } catch (CorruptFileException | UnsupportedFeatureException e) {
      return;
    }
  }

  @MethodSource("arrays")
  @FuzzTest
  void numpy(byte[] bytes) {
    try {
      NumPyTest.read(MemorySegment.ofArray(bytes), "fuzz").values().forEach(Tensor::toByteArray);
    } catch (CorruptFileException | UnsupportedFeatureException e) {
      return;
    }
  }

  @MethodSource("ggufs")
  @FuzzTest
  void gguf(byte[] bytes) {
    try {
      for (Value tensor : Gguf.parse(MemorySegment.ofArray(bytes), "fuzz").tensors().values()) {
        if (tensor instanceof QuantizedTensor quantized && quantized.elementCount() > 0) {
          long last = quantized.elementCount() - 1;
          Quantization.of(quantized).ifPresent(q -> q.at(quantized.bytes(), last));
        }
      }
    } catch (CorruptFileException | UnsupportedFeatureException e) {
      return;
    }
  }

  /** The checksums of an index are made right, so that what they protect is read. */
  @MethodSource("indexes")
  @FuzzTest
  void tensorflow(byte[] bytes) {
    try {
      MemorySegment file = MemorySegment.ofArray(TableBytes.withChecksums(bytes));
      TensorFlowCheckpoint index = TensorFlowCheckpoint.parse(file, "fuzz");
      Map<String, MemorySegment> shards = new HashMap<>();
      index.shards("model").forEach(name -> shards.put(name, file));
      index.read("model", shards);
      index.damaged("model", shards);
    } catch (CorruptFileException | UnsupportedFeatureException e) {
      return;
    }
  }

  @MethodSource("all")
  @FuzzTest
  void detection(byte[] bytes) {
    boolean empty = Format.detect(MemorySegment.ofArray(bytes)).equals(Optional.of(Format.EMPTY));
    if (empty != (bytes.length == 0)) {
      throw new AssertionError("told as empty: " + empty);
    }
  }

  private static byte[] bytes(FileContent content) {
    byte[] bytes = new byte[Math.toIntExact(content.size())];
    int at = 0;
    for (FileContent.Part part : content.parts()) {
      byte[] run = part.bytes().toArray(ValueLayout.JAVA_BYTE);
      System.arraycopy(run, 0, bytes, at, run.length);
      at += run.length;
    }
    return bytes;
  }
}
