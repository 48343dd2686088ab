package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.format.Format;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.store.Checkpoint;
import io.github.checkpoint4j.store.CheckpointInfo;
import io.github.checkpoint4j.store.CheckpointStore;
import io.github.checkpoint4j.store.MappedFile;
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
  private final Map<String, Tensor> tensors = new LinkedHashMap<>();
  private final List<String> leftOut = new ArrayList<>();
  private final Map<String, String> metadata;
  private final Map<String, FileContent> companions;

  private ConvertSource(
      Path path,
      Runnable closing,
      List<StateEntry> entries,
      Map<String, String> metadata,
      Map<String, FileContent> companions)
      throws IOException {
    this.path = path;
    this.closing = closing;
    this.metadata = metadata;
    this.companions = companions;
    for (StateEntry entry : entries) {
      if (!(entry.value() instanceof Tensor tensor)) {
        leftOut.add(entry.name());
      } else if (tensors.putIfAbsent(entry.name(), tensor) != null) {
        throw new RefusedException(
            "%s has two tensors of the name '%s'; convert them one by one with --only"
                .formatted(path, entry.name()));
      }
    }
  }

  /**
   * Opens a file or a checkpoint.
   *
   * @throws RefusedException if it is a run of several checkpoints
   * @throws IOException if it cannot be read
   */
  static ConvertSource open(Path path) throws IOException {
    return switch (Inspected.at(path)) {
      case FILE -> {
        MappedFile file = MappedFile.open(path);
        try {
          FileContents contents = FileContents.of(file);
          Map<String, String> metadata =
              contents.format() == Format.SAFETENSORS ? contents.facts() : Map.of();
          yield new ConvertSource(path, file::close, contents.state(), metadata, Map.of());
        } catch (IOException | RuntimeException e) {
          file.close();
          throw e;
        }
      }
      case CHECKPOINT -> {
        Checkpoint checkpoint = Checkpoint.open(path);
        try {
          checkpoint.requireReadable();
          yield new ConvertSource(
              path, checkpoint::close, Tensors.model(checkpoint), Map.of(), companions(checkpoint));
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

  /** The tensors by name, in the source's order. */
  Map<String, Tensor> tensors() {
    return tensors;
  }

  /** The names of what is not a tensor. */
  List<String> leftOut() {
    return leftOut;
  }

  /** The texts that a safetensors file has beside its tensors. */
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

  @Override
  public void close() {
    closing.run();
  }
}
