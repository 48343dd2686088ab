package io.github.checkpoint4j.torch;

import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/**
 * What a model makes of a batch.
 *
 * @param loss the mean loss, a scalar; empty if the batch has no labels
 * @param logits what the loss is made from, before softmax
 */
public record ModelOutput(Optional<Tensor> loss, Tensor logits) {
  public ModelOutput {
    if (loss.isPresent() && loss.get().dim() != 0) {
      throw new IllegalArgumentException(
          "the loss has " + loss.get().dim() + " dimensions; it has to be a scalar");
    }
  }

  /**
   * The loss.
   *
   * @throws IllegalStateException if there is none
   */
  public Tensor requireLoss() {
    return loss.orElseThrow(
        () -> new IllegalStateException("the model made no loss: the batch has no labels"));
  }
}
