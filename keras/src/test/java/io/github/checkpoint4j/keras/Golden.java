package io.github.checkpoint4j.keras;

import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.state.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The files that Keras made, see golden/keras/files/make.py, and how they are read and compared.
 */
final class Golden {
  static final Path FOLDER =
      Path.of(System.getProperty("checkpoint4j.root"), "golden", "keras", "files");

  private Golden() {}

  static Json.Obj expected() throws IOException {
    return (Json.Obj) Json.parse(bytes(FOLDER.resolve("expected.json")), "expected.json");
  }

  static MemorySegment bytes(Path file) throws IOException {
    return MemorySegment.ofArray(Files.readAllBytes(file)).asReadOnly();
  }

  static MemorySegment bytes(String name) throws IOException {
    return bytes(FOLDER.resolve(name));
  }

  /** Reads a model, of whatever layout. */
  static KerasModel read(String name) throws IOException {
    return read(FOLDER.resolve(name));
  }

  static KerasModel read(Path path) throws IOException {
    String name = String.valueOf(path.getFileName());
    if (Files.isDirectory(path)) {
      return Keras.readDirectory(directory(path), name);
    }
    if (name.endsWith(".json")) {
      KerasShards index = KerasShards.parse(bytes(path), name);
      Map<String, MemorySegment> shards = new LinkedHashMap<>();
      for (String shard : index.names()) {
        shards.put(shard, bytes(path.resolveSibling(shard)));
      }
      return index.read(shards);
    }
    return Keras.read(bytes(path), name);
  }

  static Map<String, MemorySegment> directory(Path directory) throws IOException {
    Map<String, MemorySegment> files = new LinkedHashMap<>();
    try (Stream<Path> found = Files.walk(directory)) {
      for (Path file : found.filter(Files::isRegularFile).sorted().toList()) {
        files.put(directory.relativize(file).toString(), bytes(file));
      }
    }
    return files;
  }

  /** Variables as expected.json has them. */
  static Json rows(Map<String, Tensor> variables) {
    List<Json> rows = new ArrayList<>();
    variables.forEach(
        (path, tensor) ->
            rows.add(
                Json.object()
                    .put("path", path)
                    .put("dtype", tensor.dtype().name())
                    .put(
                        "shape",
                        Json.array(Arrays.stream(tensor.shape()).mapToObj(Json::of).toList()))
                    .put("sha256", sha256(tensor.toByteArray()))
                    .build()));
    return Json.array(rows);
  }

  static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  /** The bytes of a file that was written. */
  static MemorySegment joined(FileContent content) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    content.parts().forEach(part -> out.writeBytes(part.bytes().toArray(ValueLayout.JAVA_BYTE)));
    return MemorySegment.ofArray(out.toByteArray());
  }

  static void write(FileContent content, Path file) throws IOException {
    try (OutputStream out = Files.newOutputStream(file)) {
      out.write(joined(content).toArray(ValueLayout.JAVA_BYTE));
    }
  }
}
