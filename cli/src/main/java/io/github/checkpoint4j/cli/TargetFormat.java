package io.github.checkpoint4j.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What {@code ckpt convert} writes, told by the name of its target. */
enum TargetFormat {
  SAFETENSORS("a safetensors file"),
  PYTORCH("a PyTorch file"),
  /** {@code model.safetensors}, or shards with their index, and the model's other files. */
  DIRECTORY("a Hugging Face directory");

  private final String title;

  TargetFormat(String title) {
    this.title = title;
  }

  /** In words, with the article. */
  String title() {
    return title;
  }

  /**
   * The format that a name stands for: one without a dot is a directory's.
   *
   * @throws IllegalArgumentException if it stands for none
   */
  static TargetFormat of(Path target) {
    String name = String.valueOf(target.getFileName());
    for (TargetFormat format : values()) {
      if (format.endings().stream().anyMatch(name::endsWith)) {
        return format;
      }
    }
    if (name.lastIndexOf('.') <= 0) {
      return DIRECTORY;
    }
    throw new IllegalArgumentException(
        "'%s' does not tell the format to write: give a name with one of %s, or without a dot for"
                .formatted(name, allEndings())
            + " a directory");
  }

  /** How names of such files end. */
  private List<String> endings() {
    return switch (this) {
      case SAFETENSORS -> List.of(".safetensors");
      case PYTORCH -> List.of(".pt", ".pth", ".bin");
      case DIRECTORY -> List.of();
    };
  }

  private static String allEndings() {
    return Stream.of(values())
        .flatMap(format -> format.endings().stream())
        .collect(Collectors.joining(", "));
  }
}
