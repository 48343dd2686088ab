package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.format.PyTorch;
import io.github.checkpoint4j.format.SafeTensors;
import io.github.checkpoint4j.keras.Keras;
import io.github.checkpoint4j.keras.KerasModel;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.store.AtomicWrite;
import io.github.checkpoint4j.store.Sharding;
import io.github.checkpoint4j.store.TrainerLayout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where a verb writes a model, and how.
 *
 * @param path the file or directory
 * @param format told by its name
 * @param sharding how a directory's weights are split
 * @param overwrite whether a file that is there is replaced
 */
record ModelTarget(Path path, TargetFormat format, Sharding sharding, boolean overwrite) {

  /**
   * That of these options.
   *
   * @param maxShardSize what a shard has at most, such as {@code 5GB}; null if it is not given
   * @throws IllegalArgumentException if the name does not tell a format, or the size is none, or
   *     given for a file
   */
  static ModelTarget of(Path path, @Nullable String maxShardSize, boolean overwrite) {
    TargetFormat format = TargetFormat.of(path);
    if (maxShardSize == null) {
      return new ModelTarget(path, format, Sharding.DEFAULT, overwrite);
    }
    if (format != TargetFormat.DIRECTORY) {
      throw new IllegalArgumentException(
          "--max-shard-size is for a directory, and %s is to be %s; give a name without a dot"
              .formatted(path, format.title()));
    }
    long bytes = Sharding.bytes(maxShardSize);
    return new ModelTarget(path, format, Sharding.DEFAULT.withMaxShardSize(bytes), overwrite);
  }

  /**
   * Sees to it that a source is not written to, also not through a link.
   *
   * @throws IllegalArgumentException if it would be
   */
  void requireOther(Path source) throws IOException {
    if (Files.exists(path) && Files.exists(source) && Files.isSameFile(source, path)) {
      throw new IllegalArgumentException(
          "%s is the source itself; give the target another name".formatted(path));
    }
  }

  /** Memory for tensors that are made anew, on the target's disk. */
  Spool spool() throws IOException {
    Path folder = path.toAbsolutePath().getParent();
    return Spool.in(folder == null ? path.toAbsolutePath() : folder);
  }

  /**
   * Writes the model, whole or not at all.
   *
   * @param metadata of a safetensors file; it may tell a Keras model's configuration
   * @param companions the other files of a directory
   * @param progress is told of the bytes that are written
   * @throws RefusedException if a Keras file is to be written and the metadata has no configuration
   */
  void write(
      StateDict state,
      Map<String, String> metadata,
      Map<String, FileContent> companions,
      Progress progress)
      throws IOException {
    switch (format) {
      case SAFETENSORS -> {
        Map<String, String> texts = new LinkedHashMap<>(metadata);
        texts.putIfAbsent("format", "pt");
        write(SafeTensors.write(state, texts), progress);
      }
      case PYTORCH -> {
        String name = String.valueOf(path.getFileName());
        String archive = name.substring(0, name.lastIndexOf('.'));
        write(PyTorch.write(state, archive.isEmpty() ? "archive" : archive), progress);
      }
      case DIRECTORY -> {
        Map<String, FileContent> files =
            new LinkedHashMap<>(TrainerLayout.files(TrainerLayout.MODEL, state, sharding));
        files.putAll(companions);
        String config = metadata.get(KerasConversion.CONFIG);
        if (config != null) {
          files.put(KerasConversion.FILE, FileContent.of(config));
        }
        progress.begin("writing", files.values().stream().mapToLong(FileContent::size).sum());
        AtomicWrite.local().telling(progress::add).directory(path, files);
      }
      case KERAS, KERAS_WEIGHTS, KERAS_LEGACY ->
          write(
              KerasConversion.toKeras(
                  state, metadata, format.layout().orElseThrow(), "the source", now()),
              progress);
    }
  }

  /** Writes a Keras model as one file. */
  void write(KerasModel model, Progress progress) throws IOException {
    write(Keras.write(model), progress);
  }

  private void write(FileContent content, Progress progress) throws IOException {
    progress.begin("writing", content.size());
    AtomicWrite.local().telling(progress::add).file(path, content, overwrite);
  }

  /** The time, as Keras writes it. */
  static String now() {
    return KerasModel.dateSaved(LocalDateTime.now(ZoneId.systemDefault()));
  }
}
