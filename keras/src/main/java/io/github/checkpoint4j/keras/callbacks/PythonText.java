package io.github.checkpoint4j.keras.callbacks;

import io.github.checkpoint4j.format.Json;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Locale;

/** Numbers as Python writes them, without sign, padding and groups of digits. */
final class PythonText {
  private PythonText() {}

  /** {@code str} of an int or a float: {@code 7}, {@code 0.1}, {@code 1e-05}, {@code nan}. */
  static String str(Number value) {
    return value instanceof Double real ? repr(real) : value.toString();
  }

  /** {@code repr} of a float. */
  static String repr(double value) {
    if (Double.isNaN(value)) {
      return "nan";
    }
    return Double.isInfinite(value) ? (value < 0 ? "-inf" : "inf") : Json.of(value).toText();
  }

  /** {@code format(value, '.5f')}, with its sign. */
  static String fixed(double value, int digits) {
    return FormattedNumber.of(value, FormatSpec.parse("." + digits + "f"));
  }

  /**
   * A finite number from 0 up, as a letter of Python's formats writes it.
   *
   * @param type one of {@code eEfFgG}, or a blank for none
   * @param precision digits after the point; with {@code g} and a blank, digits in all
   * @param alternate whether the point and the zeros at the end stay
   */
  static String of(double value, char type, int precision, boolean alternate) {
    String text =
        switch (type) {
          case 'f', 'F' -> pointed(plain(value, precision), alternate);
          case 'e', 'E' -> {
            Digits digits = Digits.of(value, precision + 1);
            yield digits.scientific(precision + 1, alternate);
          }
          default -> general(value, Math.max(precision, 1), type == ' ', alternate);
        };
    return Character.isUpperCase(type) ? text.toUpperCase(Locale.ROOT) : text;
  }

  private static String plain(double value, int places) {
    return new BigDecimal(value).setScale(places, RoundingMode.HALF_EVEN).toPlainString();
  }

  private static String pointed(String text, boolean always) {
    return always && text.indexOf('.') < 0 ? text + "." : text;
  }

  /** The shorter of both forms; a float without a type keeps a digit after the point. */
  private static String general(
      double value, int precision, boolean keepsPoint, boolean alternate) {
    Digits digits = Digits.of(value, precision);
    int exponent = digits.exponent();
    if (exponent < -4 || exponent >= (keepsPoint ? precision - 1 : precision)) {
      int kept = alternate ? precision : digits.significant();
      return digits.scientific(kept, alternate);
    }
    int places = precision - 1 - exponent;
    String text = plain(value, places);
    if (alternate) {
      return pointed(text, true);
    }
    if (text.indexOf('.') >= 0) {
      text = text.replaceAll("0+$", "").replaceAll("\\.$", "");
    }
    return keepsPoint && text.indexOf('.') < 0 ? text + ".0" : text;
  }

  /**
   * A number d.ddd * 10^exponent, rounded to some digits.
   *
   * @param digits the digits, as many as it was rounded to
   */
  private record Digits(String digits, int exponent) {
    static Digits of(double value, int count) {
      if (value == 0) {
        return new Digits("0".repeat(count), 0);
      }
      BigDecimal rounded =
          new BigDecimal(value).round(new MathContext(count, RoundingMode.HALF_EVEN));
      String found = rounded.unscaledValue().toString();
      int exponent = found.length() - 1 - rounded.scale();
      String padded = found + "0".repeat(Math.max(0, count - found.length()));
      return new Digits(padded.substring(0, count), exponent);
    }

    /** The digits without the zeros at the end, but at least one. */
    int significant() {
      return Math.max(1, digits.replaceAll("0+$", "").length());
    }

    String scientific(int count, boolean pointed) {
      String shown = digits.substring(0, count);
      String mantissa =
          shown.charAt(0) + (count > 1 ? "." + shown.substring(1) : pointed ? "." : "");
      return "%se%s%02d".formatted(mantissa, exponent < 0 ? "-" : "+", Math.abs(exponent));
    }
  }
}
