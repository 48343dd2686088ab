package io.github.checkpoint4j.torch;

import org.bytedeco.pytorch.Tensor;

/**
 * Predicts the examples of an evaluation's batch in another way than by one application of the
 * model: by the tokens that it generates, as {@code Seq2SeqTrainer} of transformers does with
 * {@code predict_with_generate}.
 *
 * <p>It is called in evaluation mode and without gradients, after the loss of the batch was
 * computed, in a {@link org.bytedeco.javacpp.PointerScope} of the batch. What it draws from
 * libtorch's default generator is missing to the training after it.
 */
@FunctionalInterface
public interface PredictionStep {
  /**
   * The predictions of a batch.
   *
   * @param batch with its labels
   * @return int64 [examples, ...], in the order of the batch; if the second dimension is not that
   *     of other batches, the shorter are filled up with -100
   */
  Tensor predict(Batch batch);
}
