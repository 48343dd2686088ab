package io.github.checkpoint4j;

import java.time.Duration;

/** The rule for numbers in policies. */
final class Positive {
  private Positive() {}

  static void require(String what, long value) {
    if (value < 1) {
      throw new IllegalArgumentException(what + " must be at least 1, and is " + value);
    }
  }

  static void require(String what, Duration value) {
    if (!value.isPositive()) {
      throw new IllegalArgumentException(what + " must be positive, and is " + value);
    }
  }
}
