package io.github.checkpoint4j.torch;

import io.github.checkpoint4j.state.Dtype;
import io.github.checkpoint4j.state.Tensor;

/**
 * What a model predicted in an evaluation, and what would have been right.
 *
 * @param predictions the logits, {@code F32[examples, ...]}, in the order of the data, or that of
 *     {@link SamplingStrategy#GROUP_BY_LENGTH}; or what a {@link PredictionStep} made, {@code
 *     I64[examples, ...]}
 * @param labelIds the labels, {@code I64[examples, ...]}, in the same order
 */
public record EvalPrediction(Tensor predictions, Tensor labelIds) {
  public EvalPrediction {
    boolean logits = predictions.dtype() == Dtype.F32;
    if (!(logits || predictions.dtype() == Dtype.I64) || labelIds.dtype() != Dtype.I64) {
      throw new IllegalArgumentException(
          "predictions are F32 or I64 and labels I64, not " + predictions + " and " + labelIds);
    }
    if (predictions.shape()[0] != labelIds.shape()[0]) {
      throw new IllegalArgumentException(
          "predictions " + predictions + " and labels " + labelIds + " of unequal length");
    }
  }

  /**
   * The index of the greatest logit of each example, the first of equals.
   *
   * @throws IllegalStateException if the logits are not one row an example
   */
  public int[] classes() {
    long[] shape = predictions.shape();
    if (shape.length != 2 || shape[1] == 0 || predictions.dtype() != Dtype.F32) {
      throw new IllegalStateException(
          "classes are told by logits, F32[examples, classes], not " + predictions);
    }
    float[] logits = predictions.toFloats();
    int columns = Math.toIntExact(shape[1]);
    int[] classes = new int[Math.toIntExact(shape[0])];
    for (int row = 0; row < classes.length; row++) {
      for (int column = 1; column < columns; column++) {
        if (logits[row * columns + column] > logits[row * columns + classes[row]]) {
          classes[row] = column;
        }
      }
    }
    return classes;
  }

  /**
   * The share of examples whose greatest logit is that of the label; NaN without examples.
   *
   * @throws IllegalStateException if the logits are not one row an example
   */
  public double accuracy() {
    int[] classes = classes();
    long[] labels = labelIds.toLongs();
    int right = 0;
    for (int i = 0; i < classes.length; i++) {
      right += classes[i] == labels[i] ? 1 : 0;
    }
    return (double) right / classes.length;
  }
}
