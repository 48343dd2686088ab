package io.github.checkpoint4j.keras.callbacks;

import io.github.checkpoint4j.torch.Batch;
import io.github.checkpoint4j.torch.ModelOutput;
import io.github.checkpoint4j.torch.TrainableModel;
import java.util.Optional;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.global.torch;

/** A module that is never applied: what it is trained with leaves its weights as they are. */
record Untrained(Module module) implements TrainableModel {
  @Override
  public ModelOutput forward(Batch batch) {
    var zero = module.parameters().get(0).sum().mul(new Scalar(0.0));
    return new ModelOutput(Optional.of(zero), torch.zeros(batch.size(), 2));
  }
}
