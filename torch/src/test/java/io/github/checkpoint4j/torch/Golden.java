package io.github.checkpoint4j.torch;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.SafeTensors;
import io.github.checkpoint4j.state.Tensor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.global.torch;

/** The files of {@code golden/torch}, which Python made. */
final class Golden {
  private Golden() {}

  static Path path(String name) {
    return Path.of(System.getProperty("checkpoint4j.root"), "golden", "torch", name);
  }

  static Json json(String name) throws IOException {
    return Json.parse(MemorySegment.ofArray(Files.readAllBytes(path(name))), name);
  }

  /** The tensors of a safetensors file. */
  static Map<String, Tensor> tensors(String name) throws IOException {
    byte[] file = Files.readAllBytes(path(name));
    return SafeTensors.parse(MemorySegment.ofArray(file), name).tensors();
  }

  /** Whether this machine's vector instructions are those of the machine that made {@code file}. */
  static boolean hasSameBitsAs(Json.Obj file) {
    return torch.get_num_threads() == 1
        && file.text("cpu_capability").equals(torch.get_cpu_capability().getString());
  }

  static String sha256(Tensor tensor) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(tensor.toByteArray());
      return HexFormat.of().formatHex(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java has SHA-256", e);
    }
  }

  static long[] longs(Json.Arr array) {
    return array.items().stream().mapToLong(item -> ((Json.Num) item).asLong()).toArray();
  }

  static double[] doubles(Json.Arr array) {
    return array.items().stream().mapToDouble(item -> ((Json.Num) item).asDouble()).toArray();
  }

  static List<String> texts(Json.Arr array) {
    return array.items().stream().map(item -> ((Json.Str) item).value()).toList();
  }

  static float[] floats(Json.Arr array) {
    double[] values = doubles(array);
    float[] floats = new float[values.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) values[i];
    }
    return floats;
  }
}
