package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.keras.KerasLayout;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What {@code ckpt convert} writes, told by the name of its target. */
enum TargetFormat {
  SAFETENSORS("a safetensors file"),
  PYTORCH("a PyTorch file"),
  KERAS("a .keras archive"),
  KERAS_WEIGHTS("a Keras weights file"),
  KERAS_LEGACY("a legacy Keras model"),
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

  /** As which layout Keras knows it; empty if it is not Keras's. */
  Optional<KerasLayout> layout() {
    return switch (this) {
      case KERAS -> Optional.of(KerasLayout.ARCHIVE);
      case KERAS_WEIGHTS -> Optional.of(KerasLayout.WEIGHTS);
      case KERAS_LEGACY -> Optional.of(KerasLayout.LEGACY_MODEL);
      case SAFETENSORS, PYTORCH, DIRECTORY -> Optional.empty();
    };
  }

  /** How names of such files end. */
  private List<String> endings() {
    return switch (this) {
      case SAFETENSORS -> List.of(".safetensors");
      case PYTORCH -> List.of(".pt", ".pth", ".bin");
      case KERAS -> List.of(".keras");
      case KERAS_WEIGHTS -> List.of(".weights.h5");
      case KERAS_LEGACY -> List.of(".h5", ".hdf5");
      case DIRECTORY -> List.of();
    };
  }

  private static String allEndings() {
    return Stream.of(values())
        .flatMap(format -> format.endings().stream())
        .collect(Collectors.joining(", "));
  }
}
