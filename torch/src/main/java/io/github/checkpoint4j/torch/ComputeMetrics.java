package io.github.checkpoint4j.torch;

import java.util.Map;

/** Computes metrics of an evaluation, for instance {@code accuracy}. */
@FunctionalInterface
public interface ComputeMetrics {
  /** The metrics by name; the trainer puts {@code eval_} before names that lack it. */
  Map<String, Double> compute(EvalPrediction prediction);

  /** The share of examples whose greatest logit is that of the label, as {@code accuracy}. */
  static ComputeMetrics accuracy() {
    return prediction -> Map.of("accuracy", prediction.accuracy());
  }
}
