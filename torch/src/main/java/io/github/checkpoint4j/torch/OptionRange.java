package io.github.checkpoint4j.torch;

/** The ranges of an optimizer's options. */
final class OptionRange {
  private OptionRange() {}

  /**
   * @throws IllegalArgumentException if the value is negative, infinite or NaN
   */
  static double notNegative(String name, double value) {
    if (!(value >= 0) || Double.isInfinite(value)) {
      throw new IllegalArgumentException(name + " " + value + ": expected a number from 0 up");
    }
    return value;
  }

  /**
   * @throws IllegalArgumentException unless 0 &lt;= value &lt; 1
   */
  static double belowOne(String name, double value) {
    if (!(value >= 0 && value < 1)) {
      throw new IllegalArgumentException(
          name + " " + value + ": expected a number from 0 to below 1");
    }
    return value;
  }
}
