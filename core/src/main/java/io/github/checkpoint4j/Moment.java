package io.github.checkpoint4j;

import io.github.checkpoint4j.store.CheckpointInfo;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A point in a training run: what policies decide by.
 *
 * @param step optimizer steps made
 * @param epoch passes over the data made, with the fraction of the one begun; NaN if not counted
 * @param metrics measured there, by name; may be NaN or infinite
 * @param time on the clock
 * @param pinned whether a checkpoint was taken there that is pinned
 */
public record Moment(
    long step, double epoch, Map<String, Double> metrics, Instant time, boolean pinned) {
  public Moment {
    metrics = Collections.unmodifiableMap(new LinkedHashMap<>(metrics));
  }

  /** One without a pinned checkpoint. */
  public Moment(long step, double epoch, Map<String, Double> metrics, Instant time) {
    this(step, epoch, metrics, time, false);
  }

  /** The value of a metric; NaN if it was not measured. Minus zero is zero, so they are equal. */
  public double metric(String name) {
    return metrics.getOrDefault(name, Double.NaN) + 0.0;
  }

  /** The moment at which a checkpoint was taken. */
  public static Moment of(CheckpointInfo checkpoint) {
    return new Moment(
        checkpoint.step(),
        checkpoint.epoch().orElse(Double.NaN),
        checkpoint.metrics(),
        checkpoint.time(),
        checkpoint.pinned());
  }
}
