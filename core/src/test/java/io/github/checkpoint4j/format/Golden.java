package io.github.checkpoint4j.format;

import io.github.checkpoint4j.state.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/** The golden files of a topic. */
record Golden(Path folder) {

  static Golden topic(String name) {
    return new Golden(Path.of(System.getProperty("checkpoint4j.root"), "golden", name));
  }

  /** All files of a folder in order of their names, at least one. */
  List<Path> files(String folder, String suffix) {
    try (var files = Files.list(this.folder.resolve(folder))) {
      List<Path> found = files.filter(f -> f.toString().endsWith(suffix)).sorted().toList();
      if (found.isEmpty()) {
        throw new AssertionError("no *" + suffix + " in " + this.folder.resolve(folder));
      }
      return found;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  MemorySegment bytes(String file) throws IOException {
    return bytes(folder.resolve(file));
  }

  static MemorySegment bytes(Path file) throws IOException {
    return MemorySegment.ofArray(Files.readAllBytes(file)).asReadOnly();
  }

  Json.Obj expected() throws IOException {
    return (Json.Obj) Json.parse(bytes("expected.json"), "expected.json");
  }

  /** The row of a tensor's shape in expected.json. */
  static Json shape(Tensor tensor) {
    return Json.array(Arrays.stream(tensor.shape()).mapToObj(Json::of).toList());
  }

  /** The rows of tensors in expected.json: name, dtype, shape and digest. */
  static Json rows(Map<String, Tensor> tensors) {
    List<Json> rows = new ArrayList<>();
    tensors.forEach(
        (name, tensor) ->
            rows.add(
                Json.object()
                    .put("name", name)
                    .put("dtype", tensor.dtype().name())
                    .put("shape", shape(tensor))
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
}
