package io.github.checkpoint4j.torch;

import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.StateMismatchException;
import io.github.checkpoint4j.state.Value;

/** Reads the options of a parameter group. */
final class OptionReader {
  private final StateDict options;

  OptionReader(StateDict options) {
    this.options = options;
  }

  /**
   * An option that is on or off; PyTorch's {@code None}, "whichever is best", is off.
   *
   * @throws StateMismatchException if it is missing or something else
   */
  boolean flag(String name) {
    return switch (options.get(name)) {
      case Value.Bool(boolean on) -> on;
      case Value.None _ -> false;
      case Value other ->
          throw new StateMismatchException(
              "option '" + name + "' should be True, False or None and is " + Kind.of(other));
    };
  }

  /**
   * Returns if the option is off.
   *
   * @throws StateMismatchException if it is not
   */
  void requireOff(String name) {
    if (flag(name)) {
      throw new StateMismatchException(
          "option '" + name + "' is True, which this optimizer does not do; set it to False");
    }
  }

  /**
   * A number; a whole one counts.
   *
   * @param name what it is part of
   * @throws StateMismatchException if it is something else
   */
  static double real(String name, Value value) {
    return switch (value) {
      case Value.Real(double number) -> number;
      case Value.Int whole -> whole.value().doubleValue();
      default ->
          throw new StateMismatchException(
              "'" + name + "' should hold numbers and holds " + Kind.of(value));
    };
  }
}
