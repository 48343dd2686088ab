package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.store.CheckpointInfo;
import io.github.checkpoint4j.store.CheckpointStore;
import io.github.checkpoint4j.torch.TrainableModel;
import io.github.checkpoint4j.torch.WeightLoading;
import io.github.checkpoint4j.transformers.Pretrained;
import io.github.checkpoint4j.transformers.PretrainedBert;
import io.github.checkpoint4j.transformers.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The models that a user names: built in, a directory, a file, or a run, of which the best is
 * taken.
 */
final class Models {
  private Models() {}

  /** Opens a model of a directory. */
  interface FromDirectory<M extends TrainableModel> {
    Pretrained<M> open(Path directory, WeightLoading loading) throws IOException;
  }

  /** Opens a model whose weights are in a file. */
  interface FromFile<M extends TrainableModel> {
    Pretrained<M> open(Path file, WeightLoading loading) throws IOException;
  }

  /** A pretrained BERT with a head for these labels. */
  static PretrainedBert classifier(String name, List<String> labels, WeightLoading loading)
      throws IOException {
    if (name.equals(ClassificationTask.MINI_LM)) {
      return PretrainedBert.miniLm(labels, loading);
    }
    Path path = Path.of(name);
    return Inspected.at(path) == Inspected.FILE
        ? PretrainedBert.fromFile(path, labels, loading)
        : PretrainedBert.fromDirectory(directory(path), labels, loading);
  }

  /** A pretrained model that the user names. */
  static <M extends TrainableModel> Pretrained<M> pretrained(
      String name, WeightLoading loading, FromDirectory<M> fromDirectory, FromFile<M> fromFile)
      throws IOException {
    Path path = Path.of(name);
    return Inspected.at(path) == Inspected.FILE
        ? fromFile.open(path, loading)
        : fromDirectory.open(directory(path), loading);
  }

  /**
   * The tokenizer that is beside a model's weights.
   *
   * @throws RefusedException if there is none
   */
  static Tokenizer tokenizer(Optional<Tokenizer> beside, String model) {
    return beside.orElseThrow(
        () ->
            new RefusedException(
                model
                    + " has no tokenizer.json and no vocab.txt; put its tokenizer's files beside the"
                    + " weights"));
  }

  /**
   * The directory with the model at {@code path}: itself, or the best checkpoint of a run, the
   * latest if none is best.
   *
   * @throws RefusedException if it is a file, or a run without a checkpoint
   * @throws IOException if it is missing or cannot be read
   */
  static Path directory(Path path) throws IOException {
    return switch (Inspected.at(path)) {
      case CHECKPOINT -> path;
      case RUN -> checkpoint(path).directory();
      case FILE ->
          throw new RefusedException(
              path
                  + " is a file; give the directory in which the weights, config.json and the"
                  + " tokenizer's files are");
    };
  }

  private static CheckpointInfo checkpoint(Path run) throws IOException {
    try (CheckpointStore store = CheckpointStore.readOnly(run)) {
      Checkpoints checkpoints = new Checkpoints(store.list());
      return checkpoints
          .best()
          .or(checkpoints::latest)
          .orElseThrow(
              () ->
                  new RefusedException(
                      run + " has no whole checkpoint; see why with: ckpt verify " + run));
    }
  }

  static boolean isDirectory(String word) {
    return Files.isDirectory(Path.of(word));
  }
}
