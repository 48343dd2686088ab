package io.github.checkpoint4j;

import java.util.Comparator;
import java.util.List;
import java.util.Set;

/** Which values of a metric are better. */
public enum Direction {
  /** Smaller is better: a loss. */
  MINIMIZE,
  /** Greater is better: an accuracy. */
  MAXIMIZE;

  /** Who measured it: Hugging Face's Trainer and Keras put these before a metric's name. */
  private static final List<String> PREFIXES = List.of("eval_", "val_", "test_", "train_");

  private static final Set<String> MINIMIZED =
      Set.of(
          "binary_crossentropy",
          "categorical_crossentropy",
          "categorical_hinge",
          "cer",
          "error_rate",
          "hinge",
          "kl_divergence",
          "mae",
          "mape",
          "mean_absolute_error",
          "mean_absolute_percentage_error",
          "mean_squared_error",
          "mean_squared_logarithmic_error",
          "mse",
          "msle",
          "perplexity",
          "poisson",
          "rmse",
          "root_mean_squared_error",
          "squared_hinge",
          "ter",
          "wer");

  private static final Set<String> MAXIMIZED =
      Set.of(
          "acc",
          "accuracy",
          "auc",
          "bleu",
          "exact_match",
          "f1",
          "f1_score",
          "fbeta_score",
          "fmeasure",
          "matthews_correlation",
          "pearson",
          "precision",
          "r2_score",
          "recall",
          "rouge1",
          "rouge2",
          "rougeL",
          "rougeLsum",
          "sacrebleu",
          "spearmanr");

  /**
   * The direction that a metric's name tells, without {@code eval_}, {@code val_}, {@code test_} or
   * {@code train_} before it: {@link #MINIMIZE} if it ends in {@code loss}, as Hugging Face's
   * Trainer and Keras take it; otherwise as Keras and Hugging Face's {@code evaluate} use a metric
   * of this name, or one whose last words it is ({@code mse}, {@code top_5_accuracy}, {@code
   * macro_f1}).
   *
   * <p>As in Keras, and unlike in Hugging Face's Trainer, which maximizes any other, a name that
   * does not tell is an error: a wrong guess would keep the worst.
   *
   * @throws IllegalArgumentException if the name does not tell; the message says to give the
   *     direction
   * @see <a href="https://huggingface.co/docs/transformers/main_classes/trainer">TrainingArguments,
   *     greater_is_better</a>
   * @see <a
   *     href="https://github.com/keras-team/keras/blob/master/keras/src/callbacks/monitor_callback.py">Keras,
   *     MonitorCallback, mode "auto"</a>
   */
  public static Direction of(String metric) {
    String name = metric;
    for (String prefix : PREFIXES) {
      if (metric.startsWith(prefix)) {
        name = metric.substring(prefix.length());
        break;
      }
    }
    if (name.endsWith("loss") || endsIn(name, MINIMIZED)) {
      return MINIMIZE;
    }
    if (endsIn(name, MAXIMIZED)) {
      return MAXIMIZE;
    }
    throw new IllegalArgumentException(
        ("the name '%s' does not tell whether less or more of it is better; give the direction,"
                + " minimize or maximize")
            .formatted(metric));
  }

  private static boolean endsIn(String name, Set<String> known) {
    return known.stream().anyMatch(end -> name.equals(end) || name.endsWith("_" + end));
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
