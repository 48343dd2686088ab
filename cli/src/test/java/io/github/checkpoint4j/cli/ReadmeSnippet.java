package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.Checkpointer;
import io.github.checkpoint4j.Direction;
import io.github.checkpoint4j.RetentionPolicy;
import io.github.checkpoint4j.SaveStrategy;
import io.github.checkpoint4j.keras.callbacks.CSVLogger;
import io.github.checkpoint4j.keras.callbacks.EarlyStopping;
import io.github.checkpoint4j.keras.callbacks.ModelCheckpoint;
import io.github.checkpoint4j.keras.callbacks.ReduceLROnPlateau;
import io.github.checkpoint4j.keras.callbacks.TensorBoard;
import io.github.checkpoint4j.state.Stateful;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.store.Checkpoint;
import io.github.checkpoint4j.store.CheckpointInfo;
import io.github.checkpoint4j.torch.TrainerCallback;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** The Java code in the READMEs, between the comments {@code snippet} and {@code end}. */
final class ReadmeSnippet {
  private ReadmeSnippet() {}

  static void train(
      Path run, Stateful model, Stateful optimizer, long total, Supplier<Map<String, Double>> loop)
      throws IOException {
    // snippet
    try (var checkpointer =
        Checkpointer.in(run)
            .track("model", model)
            .track("optimizer", optimizer)
            .save(SaveStrategy.everySteps(500).or(SaveStrategy.every(Duration.ofMinutes(30))))
            .best("eval_loss", Direction.MINIMIZE)
            .keep(RetentionPolicy.latest(3))
            .open()) {
      long step = checkpointer.resume().map(CheckpointInfo::step).orElse(0L);
      while (step < total) {
        Map<String, Double> metrics = loop.get(); // one step of training
        checkpointer.step(++step, metrics);
      }
    }
    // end
  }

  static float[] read(Path run) throws IOException {
    // snippet
    try (var checkpoint = Checkpoint.open(run.resolve("checkpoint-500"))) {
      checkpoint.verify().requireClean();
      Tensor weight = checkpoint.state("model").tensor("weight"); // a window on the file
      return weight.toFloats();
    }
    // end
  }

  static List<TrainerCallback> callbacks(Path out) {
    // snippet
    return List.of(
        ModelCheckpoint.to(out + "/{epoch:02d}-{val_loss:.2f}.pt").saveBestOnly(true).build(),
        EarlyStopping.builder().patience(3).restoreBestWeights(true).build(),
        ReduceLROnPlateau.builder().factor(0.5).patience(2).build(),
        new CSVLogger(out.resolve("log.csv")),
        TensorBoard.to(out.resolve("logs")).build());
    // end
  }
}
