package io.github.checkpoint4j.examples;

import io.github.checkpoint4j.Checkpointer;
import io.github.checkpoint4j.GracefulStop;
import io.github.checkpoint4j.RetentionPolicy;
import io.github.checkpoint4j.SaveStrategy;
import io.github.checkpoint4j.store.CheckpointInfo;
import io.github.checkpoint4j.torch.AdamW;
import io.github.checkpoint4j.torch.ModuleState;
import io.github.checkpoint4j.torch.RandomState;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** A training loop of one's own. Stop it or kill it: with the same RUN it goes on. */
public final class OwnTrainingLoop {
  private OwnTrainingLoop() {}

  /** Arguments: RUN STEPS. */
  public static void main(String... arguments) throws IOException {
    RandomState random = RandomState.seeded(42); // before the model, which draws its weights
    LinearImpl model = new LinearImpl(2, 1);
    AdamW optimizer = AdamW.builder().learningRate(0.05).over(model);
    try (GracefulStop stop = GracefulStop.within(Duration.ofSeconds(30));
        Checkpointer checkpointer =
            Checkpointer.in(Path.of(arguments[0]))
                .track("model", ModuleState.of(model))
                .track("optimizer", optimizer)
                .track("rng", random) // last, since the others may draw numbers
                .save(SaveStrategy.everySteps(10).or(SaveStrategy.when(_ -> stop.requested())))
                .keep(RetentionPolicy.latest(2))
                .open()) {
      long step = checkpointer.resume().map(CheckpointInfo::step).orElse(0L);
      while (step < Long.parseLong(arguments[1]) && !stop.requested()) {
        double loss = train(model, optimizer);
        checkpointer.step(++step, Map.of("loss", loss));
        System.out.println("step " + step + ", loss " + loss);
      }
    }
  }

  private static double train(LinearImpl model, AdamW optimizer) {
    try (var _ = new PointerScope()) {
      Tensor x = torch.randn(16, 2);
      Tensor loss = torch.mse_loss(model.forward(x), x.sum(new long[] {1}, true, null));
      optimizer.zeroGrad();
      loss.backward();
      optimizer.step();
      return loss.item_double();
    }
  }
}
