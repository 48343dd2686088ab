package io.github.checkpoint4j.keras.callbacks;

import java.util.Optional;
import java.util.OptionalInt;

/**
 * How a value is written: Python's {@code [[fill]align][sign][z][#][0][width][grouping][.precision]
 * [type]}, read by the rules of Python 3.11.
 *
 * @param fill the character, as text, that pads to the width
 * @param align {@code <}, {@code >}, {@code =} or {@code ^}; empty if none is given
 * @param sign {@code +}, a blank or {@code -}; empty if none is given
 * @param noNegativeZero whether a number that is rounded to zero has no sign
 * @param alternate whether {@code #} is given
 * @param width the least number of characters
 * @param grouping {@code ,} or {@code _}; empty if none is given
 * @param precision empty if none is given
 * @param type the letter; empty if none is given
 * @see <a href="https://docs.python.org/3/library/string.html#format-specification-mini-language">
 *     Format Specification Mini-Language</a>
 */
record FormatSpec(
    String fill,
    Optional<Character> align,
    Optional<Character> sign,
    boolean noNegativeZero,
    boolean alternate,
    int width,
    Optional<Character> grouping,
    OptionalInt precision,
    Optional<Character> type) {

  /** What no name of a file is longer than, in characters. */
  private static final int LONGEST = 255;

  private static final String ALIGNS = "<>=^";

  /** Whether the type is one of these letters, or none is given and they begin with a blank. */
  boolean isOf(String types) {
    return types.indexOf(type.orElse(' ')) >= 0;
  }

  /**
   * Reads a specification.
   *
   * @throws IllegalArgumentException if it is none; the message says why
   */
  static FormatSpec parse(String text) {
    return new Parser(text).parse();
  }

  private static final class Parser {
    private final String text;
    private int at;

    Parser(String text) {
      this.text = text;
    }

    FormatSpec parse() {
      String fill = " ";
      Optional<Character> align = Optional.empty();
      int second = text.isEmpty() ? 0 : text.offsetByCodePoints(0, 1);
      boolean filled = second > 0 && second < text.length() && isAlign(second);
      if (filled) {
        fill = text.substring(0, second);
        at = second;
      }
      if (at < text.length() && isAlign(at)) {
        align = next();
      }
      Optional<Character> sign = oneOf("+- ");
      boolean noNegativeZero = oneOf("z").isPresent();
      boolean alternate = oneOf("#").isPresent();
      if (!filled && oneOf("0").isPresent()) {
        fill = "0";
        align = align.or(() -> Optional.of('='));
      }
      int width = number().orElse(0);
      Optional<Character> grouping = oneOf(",_");
      if (grouping.isPresent() && oneOf(",_").isPresent()) {
        throw new IllegalArgumentException("one of ',' and '_' groups digits");
      }
      OptionalInt precision = OptionalInt.empty();
      if (oneOf(".").isPresent()) {
        precision = number();
        if (precision.isEmpty()) {
          throw new IllegalArgumentException("a number is missing after the '.'");
        }
      }
      Optional<Character> type = at < text.length() ? next() : Optional.empty();
      if (at < text.length()) {
        throw new IllegalArgumentException("'" + text.substring(at - 1) + "' is no type");
      }
      return new FormatSpec(
          fill, align, sign, noNegativeZero, alternate, width, grouping, precision, type);
    }

    private boolean isAlign(int index) {
      return ALIGNS.indexOf(text.charAt(index)) >= 0;
    }

    private Optional<Character> next() {
      return Optional.of(text.charAt(at++));
    }

    private Optional<Character> oneOf(String characters) {
      return at < text.length() && characters.indexOf(text.charAt(at)) >= 0
          ? next()
          : Optional.empty();
    }

    private OptionalInt number() {
      int from = at;
      int value = 0;
      while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
        value = 10 * value + text.charAt(at++) - '0';
        if (value > LONGEST) {
          throw new IllegalArgumentException(
              "a name of over " + LONGEST + " characters is none of a file");
        }
      }
      return at == from ? OptionalInt.empty() : OptionalInt.of(value);
    }
  }
}
