package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.state.Dtype;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The dtype in a model's config.json, in which {@code from_pretrained} of transformers makes the
 * model, whatever that of its weights is.
 */
final class ConfigDtype {
  static final String FILE = "config.json";

  /** The member's name since transformers 4.56, and before. */
  private static final List<String> MEMBERS = List.of("dtype", "torch_dtype");

  private ConfigDtype() {}

  /**
   * The configuration with another dtype; as it was if it has none.
   *
   * @param dtype one of F64, F32, F16 and BF16
   * @throws CorruptFileException if it is not a JSON object
   */
  static FileContent with(Dtype dtype, MemorySegment config, String source)
      throws CorruptFileException {
    if (!(Json.parsePython(config, source) instanceof Json.Obj object)) {
      throw new CorruptFileException(source + ": not a JSON object; restore it from a copy");
    }
    Map<String, Json> members = new LinkedHashMap<>(object.members());
    MEMBERS.forEach(name -> members.computeIfPresent(name, (_, _) -> Json.of(name(dtype))));
    return FileContent.of(Json.object(members).toIndentedText() + "\n");
  }

  private static String name(Dtype dtype) {
    return switch (dtype) {
      case F64 -> "float64";
      case F32 -> "float32";
      case F16 -> "float16";
      case BF16 -> "bfloat16";
      default -> throw new IllegalArgumentException(dtype + " is no dtype of a model");
    };
  }
}
