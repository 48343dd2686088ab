package io.github.checkpoint4j.keras.callbacks;

import io.github.checkpoint4j.format.Json;
import java.io.PrintStream;
import java.util.Locale;

/**
 * Arguments that callbacks have in common which go by a monitored value.
 *
 * @param <B> the builder
 */
abstract class MonitorArguments<B extends MonitorArguments<B>> {
  String monitor = "val_loss";
  Mode mode = Mode.AUTO;
  int verbose;
  PrintStream out = System.out;

  MonitorArguments() {}

  MonitorArguments(MonitorArguments<B> other) {
    monitor = other.monitor;
    mode = other.mode;
    verbose = other.verbose;
    out = other.out;
  }

  abstract B self();

  /** The name of the value, {@code val_loss} by default. */
  public B monitor(String value) {
    monitor = value;
    return self();
  }

  /** Which values are better; by default the name tells. */
  public B mode(Mode value) {
    mode = value;
    return self();
  }

  /** 1 if it prints what it does, as Keras does; 0 by default. */
  public B verbose(int value) {
    verbose = value;
    return self();
  }

  /** Where it prints to; the standard output by default. */
  public B out(PrintStream value) {
    out = value;
    return self();
  }

  static Json json(Mode mode) {
    return Json.of(mode.name().toLowerCase(Locale.ROOT));
  }

  static double finite(String name, double value) {
    if (!Double.isFinite(value)) {
      throw new IllegalArgumentException(name + " must be a number, and is " + value);
    }
    return value;
  }

  static long notNegative(String name, long value) {
    if (value < 0) {
      throw new IllegalArgumentException(name + " must be 0 or more, and is " + value);
    }
    return value;
  }
}
