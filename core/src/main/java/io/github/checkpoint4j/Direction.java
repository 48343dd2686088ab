package io.github.checkpoint4j;

import java.util.Comparator;
import java.util.List;

/** Which values of a metric are better. */
public enum Direction {
  /** Smaller is better: a loss. */
  MINIMIZE,
  /** Greater is better: an accuracy. */
  MAXIMIZE;

  /**
   * The direction that Hugging Face's Trainer assumes for a metric: {@link #MINIMIZE} if its name
   * ends in {@code loss}, {@link #MAXIMIZE} otherwise.
   *
   * @see <a href="https://huggingface.co/docs/transformers/main_classes/trainer">TrainingArguments,
   *     greater_is_better</a>
   */
  public static Direction of(String metric) {
    return metric.endsWith("loss") ? MINIMIZE : MAXIMIZE;
  }

  /** Whether {@code value} is better than {@code other}; both are finite. */
  public boolean isBetter(double value, double other) {
    return this == MINIMIZE ? value < other : value > other;
  }

  /**
   * The moments that have a finite value of the metric, best first; of equal ones the earlier in
   * {@code moments} first. NaN and infinities are never among them.
   */
  public List<Moment> rank(String metric, List<Moment> moments) {
    Comparator<Moment> ascending = Comparator.comparingDouble(moment -> moment.metric(metric));
    return moments.stream()
        .filter(moment -> Double.isFinite(moment.metric(metric)))
        .sorted(this == MINIMIZE ? ascending : ascending.reversed())
        .toList();
  }
}
