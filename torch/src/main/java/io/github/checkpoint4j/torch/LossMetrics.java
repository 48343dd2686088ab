package io.github.checkpoint4j.torch;

import java.util.Map;

/** Computes metrics of the loss of an evaluation, for instance {@code perplexity}. */
@FunctionalInterface
public interface LossMetrics {
  /**
   * The metrics by name; the trainer puts {@code eval_} before names that lack it.
   *
   * @param loss {@code eval_loss}
   */
  Map<String, Double> compute(double loss);
}
