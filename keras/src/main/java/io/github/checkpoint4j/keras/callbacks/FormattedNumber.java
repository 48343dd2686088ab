package io.github.checkpoint4j.keras.callbacks;

import java.util.Locale;

/**
 * An int or a float in the form that a {@link FormatSpec} asks for, as CPython's {@code
 * formatter_unicode.c} lays it out.
 *
 * @param sign empty, {@code -}, {@code +} or a blank
 * @param prefix {@code 0x} and the like, or empty
 * @param digits those before the point; empty if it is not finite
 * @param rest the point and all after it; {@code nan} or {@code inf}
 */
record FormattedNumber(String sign, String prefix, String digits, String rest) {

  /**
   * The text of a value.
   *
   * @param value a {@link Long} or a {@link Double}
   * @throws IllegalArgumentException if the specification is none for such a value
   */
  static String of(Number value, FormatSpec spec) {
    if (value instanceof Long whole && spec.isOf(" bdnoxX")) {
      return ofLong(whole, spec).laidOut(spec, spec.isOf("boxX") ? 4 : 3);
    }
    if (!spec.isOf(" eEfFgGn%")) {
      throw new IllegalArgumentException(
          "'%s' is no type for %s"
              .formatted(
                  spec.type().map(String::valueOf).orElse(""),
                  value instanceof Long ? "a whole number" : "a real number"));
    }
    requireGrouping(spec, ",_", 'n');
    return ofDouble(value.doubleValue(), spec).laidOut(spec, 3);
  }

  private static FormattedNumber ofLong(long value, FormatSpec spec) {
    if (spec.precision().isPresent()) {
      throw new IllegalArgumentException("a whole number has no precision");
    }
    if (spec.noNegativeZero()) {
      throw new IllegalArgumentException("'z' is for real numbers");
    }
    requireGrouping(spec, spec.isOf("boxX") ? "_" : ",_", 'n');
    int radix = spec.isOf("xX") ? 16 : spec.isOf("o") ? 8 : spec.isOf("b") ? 2 : 10;
    String digits = Long.toUnsignedString(Math.abs(value), radix);
    String prefix = spec.alternate() && radix != 10 ? "0" + spec.type().orElse('d') : "";
    boolean upper = spec.isOf("X");
    return new FormattedNumber(
        signOf(value < 0, spec), prefix, upper ? digits.toUpperCase(Locale.ROOT) : digits, "");
  }

  private static void requireGrouping(FormatSpec spec, String allowed, char never) {
    if (spec.grouping().isPresent()
        && (allowed.indexOf(spec.grouping().get()) < 0 || spec.isOf(String.valueOf(never)))) {
      throw new IllegalArgumentException(
          "'%s' does not group digits of type '%s'"
              .formatted(spec.grouping().get(), spec.type().orElse(' ')));
    }
  }

  private static FormattedNumber ofDouble(double value, FormatSpec spec) {
    boolean percent = spec.isOf("%");
    double shown = percent ? value * 100 : value;
    boolean negative = Double.doubleToRawLongBits(shown) < 0 && !Double.isNaN(shown);
    String text = text(Math.abs(shown), spec) + (percent ? "%" : "");
    if (spec.noNegativeZero() && text.chars().noneMatch(c -> c >= '1' && c <= '9')) {
      negative = Double.isInfinite(shown) && negative;
    }
    int point = 0;
    while (point < text.length() && Character.isDigit(text.charAt(point))) {
      point++;
    }
    return new FormattedNumber(
        signOf(negative, spec), "", text.substring(0, point), text.substring(point));
  }

  private static String text(double value, FormatSpec spec) {
    char type = spec.type().orElse(' ');
    if (!Double.isFinite(value)) {
      String text = PythonText.repr(value);
      return Character.isUpperCase(type) ? text.toUpperCase(Locale.ROOT) : text;
    }
    if (type == ' ' && spec.precision().isEmpty()) {
      String text = PythonText.repr(value);
      return spec.alternate() && text.indexOf('.') < 0 ? text.replace("e", ".e") : text;
    }
    char form = type == '%' ? 'f' : type == 'n' ? 'g' : type;
    return PythonText.of(value, form, spec.precision().orElse(6), spec.alternate());
  }

  private static String signOf(boolean negative, FormatSpec spec) {
    if (negative) {
      return "-";
    }
    char sign = spec.sign().orElse('-');
    return sign == '-' ? "" : String.valueOf(sign);
  }

  private String laidOut(FormatSpec spec, int group) {
    char align = spec.align().orElse('>');
    int others = sign.length() + prefix.length() + rest.length();
    boolean zeros = spec.fill().equals("0") && align == '=';
    String grouped = grouped(spec, group, zeros ? spec.width() - others : 0);
    int padding = Math.max(0, spec.width() - others - grouped.length());
    int left = align == '>' ? padding : align == '^' ? padding / 2 : 0;
    int inner = align == '=' ? padding : 0;
    return spec.fill().repeat(left)
        + sign
        + prefix
        + spec.fill().repeat(inner)
        + grouped
        + rest
        + spec.fill().repeat(padding - left - inner);
  }

  /** The digits in groups, after as many zeros as make them so wide; none if there is no digit. */
  private String grouped(FormatSpec spec, int group, int width) {
    if (digits.isEmpty()) {
      return "";
    }
    if (spec.grouping().isEmpty()) {
      return "0".repeat(Math.max(0, width - digits.length())) + digits;
    }
    StringBuilder reversed = new StringBuilder();
    int left = digits.length();
    int wanted = width;
    while (true) {
      int length = Math.min(group, Math.max(Math.max(left, wanted), 1));
      for (int i = 0; i < length; i++) {
        reversed.append(left > 0 ? digits.charAt(--left) : '0');
      }
      wanted -= length;
      if (left <= 0 && wanted <= 0) {
        return reversed.reverse().toString();
      }
      reversed.append(spec.grouping().get());
      wanted--;
    }
  }
}
