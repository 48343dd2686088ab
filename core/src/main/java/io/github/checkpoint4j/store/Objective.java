package io.github.checkpoint4j.store;

/**
 * The metric by which the best checkpoint of a run is told: Hugging Face's {@code
 * metric_for_best_model} and {@code greater_is_better}.
 */
public record Objective(String metric, boolean greaterIsBetter) {
  /**
   * @throws IllegalArgumentException if the metric has no name
   */
  public Objective {
    if (metric.isBlank()) {
      throw new IllegalArgumentException("the metric that tells the best checkpoint has no name");
    }
  }
}
