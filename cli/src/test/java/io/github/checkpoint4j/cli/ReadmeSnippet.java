package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.Checkpointer;
import io.github.checkpoint4j.Direction;
import io.github.checkpoint4j.RetentionPolicy;
import io.github.checkpoint4j.SaveStrategy;
import io.github.checkpoint4j.state.Stateful;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.store.Checkpoint;
import io.github.checkpoint4j.store.CheckpointInfo;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
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
}
