package io.github.checkpoint4j.keras.callbacks;

import io.github.checkpoint4j.Direction;
import io.github.checkpoint4j.torch.IntervalStrategy;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * A value of the logs by which a callback decides: Keras's {@code MonitorCallback}. Values are
 * compared in single precision, as Keras does: what is nearer than that is no improvement.
 *
 * <p>Unlike in Keras a value that is not finite is never an improvement, not even the first; there,
 * no value is better than a NaN that came first. And a value that the logs lack is an error, where
 * Keras warns and goes on; only if the epoch had no evaluation is there nothing to decide.
 *
 * @param callback the name of the callback, for messages
 * @param minDelta by how much a value is better at least, from 0 up
 */
record Monitor(String callback, String name, Direction direction, double minDelta) {

  /**
   * @throws IllegalArgumentException if the mode is AUTO and the name does not tell
   */
  static Monitor of(String callback, String name, Mode mode, double minDelta) {
    if (!Double.isFinite(minDelta)) {
      throw new IllegalArgumentException(
          callback + ": minDelta must be a number, and is " + minDelta);
    }
    return new Monitor(callback, name, direction(callback, name, mode), Math.abs(minDelta));
  }

  private static Direction direction(String callback, String name, Mode mode) {
    return switch (mode) {
      case MIN -> Direction.MINIMIZE;
      case MAX -> Direction.MAXIMIZE;
      case AUTO -> {
        try {
          yield Direction.of(name);
        } catch (IllegalArgumentException e) {
          throw new IllegalArgumentException(
              "%s monitors '%s', whose name does not tell whether less or more of it is better; give mode MIN or MAX"
                  .formatted(callback, name),
              e);
        }
      }
    };
  }

  private boolean isOfEvaluation() {
    return name.startsWith(EpochLogs.EVALUATED);
  }

  /**
   * Returns if a training has the value.
   *
   * @throws IllegalArgumentException if it is one of evaluations and there are none
   */
  void requireIn(Training training) {
    if (isOfEvaluation() && training.arguments().evalStrategy() == IntervalStrategy.NO) {
      throw new IllegalArgumentException(
          "%s monitors '%s', which an evaluation measures, and evalStrategy is NO; set it to EPOCH or STEPS, or monitor 'loss'"
              .formatted(callback, name));
    }
  }

  /**
   * The value; empty if it is one of evaluations, and there was none since the epoch began.
   *
   * @throws IllegalArgumentException if the logs do not have it
   */
  OptionalDouble value(Map<String, Double> values) {
    Double value = values.get(name);
    if (value != null) {
      return OptionalDouble.of(value);
    }
    if (isOfEvaluation()
        && values.keySet().stream().noneMatch(other -> other.startsWith(EpochLogs.EVALUATED))) {
      return OptionalDouble.empty();
    }
    throw new IllegalArgumentException(
        "%s monitors '%s', which was not measured; there are: %s"
            .formatted(callback, name, String.join(", ", values.keySet())));
  }

  /** Whether a value is better than another by {@code minDelta}, or the first. */
  boolean improves(double current, OptionalDouble reference) {
    if (!Double.isFinite(current)) {
      return false;
    }
    double shifted = direction == Direction.MINIMIZE ? current + minDelta : current - minDelta;
    return reference.isEmpty()
        || direction.isBetter((float) shifted, (float) reference.getAsDouble());
  }
}
