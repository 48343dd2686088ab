package io.github.checkpoint4j.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What stands at a path that the user gives. */
enum Inspected {
  /** A file, or what is read as one: a Keras model's directory, a TensorFlow checkpoint. */
  FILE,
  /** A directory with a model, with or without the rest of a checkpoint. */
  CHECKPOINT,
  /** A directory of checkpoints. */
  RUN;

  private static final Pattern CHECKPOINT_NAME = Pattern.compile("checkpoint-[0-9]+");
  private static final List<String> FILES_OF_A_CHECKPOINT =
      List.of(
          "manifest.json",
          "trainer_state.json",
          "model.safetensors",
          "model.safetensors.index.json",
          "pytorch_model.bin");

  /**
   * Looks at {@code path}. A directory that holds both a model and checkpoints, as Hugging Face's
   * Trainer leaves one, is a checkpoint; so is one that holds neither, and is then refused by the
   * reader of checkpoints.
   *
   * @throws IOException if it is missing or cannot be read
   */
  static Inspected at(Path path) throws IOException {
    if (TensorFlowFiles.index(path).isPresent()) {
      return FILE;
    }
    if (!Files.readAttributes(path, java.nio.file.attribute.BasicFileAttributes.class)
        .isDirectory()) {
      return FILE;
    }
    if (isKerasDirectory(path)) {
      return FILE;
    }
    return !isCheckpoint(path) && isRun(path) ? RUN : CHECKPOINT;
  }

  /**
   * Sees to it that a path is no file, for verbs that are for runs.
   *
   * @throws RefusedException if it is one
   * @throws IOException if it is missing or cannot be read
   */
  static void requireNoFile(Path path) throws IOException {
    if (at(path) == FILE) {
      throw new RefusedException(
          path + " is a file, not the directory of a run; look into it with: ckpt show " + path);
    }
  }

  static boolean isCheckpoint(Path directory) {
    return FILES_OF_A_CHECKPOINT.stream().anyMatch(name -> Files.exists(directory.resolve(name)));
  }

  /** Whether it is a directory as Keras leaves one with {@code zipped=False}. */
  static boolean isKerasDirectory(Path path) {
    return Files.exists(path.resolve("config.json"))
        && (Files.exists(path.resolve("model.weights.h5"))
            || Files.exists(path.resolve("model.weights.npz")))
        && !isCheckpoint(path);
  }

  static boolean isCheckpointName(String name) {
    return CHECKPOINT_NAME.matcher(name).matches();
  }

  static boolean isRun(Path directory) throws IOException {
    try (Stream<Path> entries = Files.list(directory)) {
      return entries.anyMatch(
          entry ->
              isCheckpointName(String.valueOf(entry.getFileName())) && Files.isDirectory(entry));
    }
  }
}
