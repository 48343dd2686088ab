package io.github.checkpoint4j.keras.callbacks;

import io.github.checkpoint4j.format.Json;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * What Keras's {@code logs} hold in an epoch: {@code loss}, the mean of the examples trained on so
 * far in the epoch, and with {@code val_} before their names the metrics of the newest evaluation
 * in it.
 */
final class EpochLogs {
  static final String LOSS = "loss";
  static final String EVALUATED = "val_";

  private static final String SUM = "loss_sum";
  private static final String EXAMPLES = "examples";
  private static final String EVALUATION = "evaluation";

  private double sum;
  private long examples;
  private Map<String, Double> evaluation = Map.of();

  /** Forgets all: an epoch begins. */
  void clear() {
    sum = 0;
    examples = 0;
    evaluation = Map.of();
  }

  /**
   * Adds a step.
   *
   * @param loss the mean of its examples
   */
  void trained(double loss, long count) {
    sum += loss * count;
    examples += count;
  }

  /** Takes the metrics of an evaluation, as the trainer names them, for the newest. */
  void evaluated(Map<String, Double> metrics) {
    evaluation = metricsOf(metrics);
  }

  /**
   * The metrics of an evaluation by Keras's names, without {@code val_} or {@code eval_}; the times
   * that the trainer measures are none of them.
   */
  static Map<String, Double> metricsOf(Map<String, Double> metrics) {
    Map<String, Double> named = new TreeMap<>();
    metrics.forEach(
        (name, value) -> {
          if (!name.endsWith("_runtime") && !name.endsWith("_per_second")) {
            named.put(name.startsWith("eval_") ? name.substring(5) : name, value);
          }
        });
    return named;
  }

  /** The values by name, those of the training first. */
  Map<String, Double> values() {
    Map<String, Double> values = new LinkedHashMap<>();
    if (examples > 0) {
      values.put(LOSS, sum / examples);
    }
    evaluation.forEach((name, value) -> values.put(EVALUATED + name, value));
    return values;
  }

  Json.Obj json() {
    return Json.object()
        .put(EVALUATION, Attributes.of(evaluation))
        .put(EXAMPLES, examples)
        .put(SUM, sum)
        .build();
  }

  /**
   * @throws IllegalArgumentException if it is not what {@link #json} gives
   */
  void restore(Json.Obj json) {
    sum = json.real(SUM);
    examples = Attributes.count(json, EXAMPLES);
    evaluation = new TreeMap<>(Attributes.reals(json, EVALUATION));
  }
}
