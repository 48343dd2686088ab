package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.format.Format;
import io.github.checkpoint4j.keras.KerasModel;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.state.Value;
import io.github.checkpoint4j.store.Checkpoint;
import io.github.checkpoint4j.store.CheckpointInfo;
import io.github.checkpoint4j.store.CheckpointStore;
import io.github.checkpoint4j.store.TrainerLayout;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What {@code ckpt convert} reads: the tensors of a file, or of the model in a checkpoint's
 * directory. They are windows on it, and end when this is closed.
 */
final class ConvertSource implements AutoCloseable {
  /** What a training needs besides the model, and no model's directory has. */
  private static final Set<String> OF_THE_TRAINING =
      Set.of(
          "manifest.json",
          "optimizer.pt",
          "scheduler.pt",
          "scaler.pt",
          "rng_state.pth",
          "trainer_state.json",
          "training_args.bin",
          "pytorch_model.bin");

  private final Path path;
  private final Runnable closing;
  private final Optional<KerasModel> keras;
  private final Map<String, Value> tensors = new LinkedHashMap<>();
  private final List<String> leftOut = new ArrayList<>();
  private final Map<String, String> metadata;
  private final Map<String, FileContent> companions;

  private ConvertSource(
      Path path,
      Runnable closing,
      Optional<KerasModel> keras,
      List<StateEntry> entries,
      Map<String, String> metadata,
      Map<String, FileContent> companions) {
    this.path = path;
    this.closing = closing;
    this.keras = keras;
    this.metadata = metadata;
    this.companions = companions;
    for (StateEntry entry : entries) {
      if (!entry.isTensor()) {
        leftOut.add(entry.name());
      } else if (tensors.putIfAbsent(entry.name(), entry.value()) != null) {
        throw new RefusedException(
            "%s has two tensors of the name '%s'; convert them one by one with --only"
                .formatted(path, entry.name()));
      }
    }
  }

  /** As {@link #open(Path, Map)}, without further metadata. */
  static ConvertSource open(Path path) throws IOException {
    return open(path, Map.of());
  }

  /**
   * Opens a file or a checkpoint. A Keras model's weights have PyTorch's names and shapes.
   *
   * @param more metadata that the source may lack
   * @throws RefusedException if it is a run of several checkpoints, or Keras's weights whose layers
   *     are not told
   * @throws IOException if it cannot be read
   */
  static ConvertSource open(Path path, Map<String, String> more) throws IOException {
    return switch (Inspected.at(path)) {
      case FILE -> {
        OpenedFile file = OpenedFile.at(path);
        try {
          yield file(path, file, more);
        } catch (IOException | RuntimeException e) {
          file.close();
          throw e;
        }
      }
      case CHECKPOINT -> {
        Checkpoint checkpoint = Checkpoint.open(path);
        try {
          checkpoint.requireReadable();
          Map<String, String> metadata = new LinkedHashMap<>(more);
          if (checkpoint.files().contains(KerasConversion.FILE)) {
            metadata.putIfAbsent(
                KerasConversion.CONFIG, checkpoint.json(KerasConversion.FILE).toText());
          }
          yield new ConvertSource(
              path,
              checkpoint::close,
              Optional.empty(),
              Tensors.model(checkpoint),
              metadata,
              companions(checkpoint));
        } catch (IOException | RuntimeException e) {
          checkpoint.close();
          throw e;
        }
      }
      case RUN ->
          throw new RefusedException(
              "%s is a run of several checkpoints; give one of them%s"
                  .formatted(
                      path, newest(path).map(name -> ", " + name + " is the latest").orElse("")));
    };
  }

  private static ConvertSource file(Path path, OpenedFile file, Map<String, String> more)
      throws IOException {
    Map<String, String> metadata = new LinkedHashMap<>();
    Optional<KerasModel> keras = file.keras();
    if (keras.isPresent()) {
      metadata.putAll(KerasConversion.metadata(keras.get()));
      more.forEach(metadata::putIfAbsent);
      StateDict state = KerasConversion.toPyTorch(keras.get(), metadata, path.toString());
      return new ConvertSource(path, file::close, keras, StateEntry.of(state), metadata, Map.of());
    }
    FileContents contents = file.contents();
    if (contents.format() == Format.SAFETENSORS) {
      metadata.putAll(contents.facts());
    }
    more.forEach(metadata::putIfAbsent);
    return new ConvertSource(
        path, file::close, Optional.empty(), contents.state(), metadata, Map.of());
  }

  private static Optional<String> newest(Path run) throws IOException {
    try (CheckpointStore store = CheckpointStore.readOnly(run)) {
      return new Checkpoints(store.list()).latest().map(CheckpointInfo::name);
    }
  }

  private static Map<String, FileContent> companions(Checkpoint checkpoint) throws IOException {
    Map<String, FileContent> files = new LinkedHashMap<>();
    for (String name : checkpoint.files()) {
      if (!OF_THE_TRAINING.contains(name)
          && !name.startsWith(".")
          && !TrainerLayout.isFileOf(TrainerLayout.MODEL, name)) {
        var whole = new FileContent.Part(Optional.empty(), checkpoint.file(name).bytes());
        files.put(name, FileContent.of(List.of(whole)));
      }
    }
    return files;
  }

  /** The tensors by name, in the source's order: plain, or quantized. */
  Map<String, Value> tensors() {
    return tensors;
  }

  /**
   * The tensors as plain numbers, by name, in the source's order.
   *
   * @param spool memory for those that are quantized
   * @throws RefusedException if the numbers of one are not computed here
   * @throws IOException if there is no space for them
   */
  Map<String, Tensor> plainTensors(Spool spool) throws IOException {
    Map<String, Tensor> plain = new LinkedHashMap<>();
    for (Map.Entry<String, Value> entry : tensors.entrySet()) {
      plain.put(entry.getKey(), NumericArray.plain(entry.getKey(), entry.getValue(), spool));
    }
    return plain;
  }

  /** The names of what is not a tensor. */
  List<String> leftOut() {
    return leftOut;
  }

  /** The texts beside the tensors: those of a safetensors file, a Keras model's configuration. */
  Map<String, String> metadata() {
    return metadata;
  }

  /** The other files of a model's directory, such as its configuration and tokenizer. */
  Map<String, FileContent> companions() {
    return companions;
  }

  Path path() {
    return path;
  }

  /** The Keras model that it is, as it was read. */
  Optional<KerasModel> keras() {
    return keras;
  }

  @Override
  public void close() {
    closing.run();
  }
}
