package io.github.checkpoint4j.format;

/** The text that Python writes for a float. */
final class PythonFloat {
  private PythonFloat() {}

  /**
   * Python's {@code float.__repr__}, with JSON's {@code NaN} and {@code Infinity}: the shortest
   * decimal that rounds to {@code value}, with an exponent if it is below -4 or above 15.
   */
  static String repr(double value) {
    if (Double.isNaN(value)) {
      return "NaN";
    }
    if (Double.isInfinite(value)) {
      return value > 0 ? "Infinity" : "-Infinity";
    }
    String sign = Double.doubleToRawLongBits(value) < 0 ? "-" : "";
    if (value == 0) {
      return sign + "0.0";
    }
    // Double.toString gives d.ddd, with E and an exponent outside of 10^-3 to 10^7.
    String shortest = Double.toString(Math.abs(value));
    int e = shortest.indexOf('E');
    String mantissa = e < 0 ? shortest : shortest.substring(0, e);
    int point = mantissa.indexOf('.');
    String digits = mantissa.substring(0, point) + mantissa.substring(point + 1);
    int leading = 0;
    while (digits.charAt(leading) == '0') {
      leading++;
    }
    int end = digits.length();
    while (digits.charAt(end - 1) == '0') {
      end--;
    }
    int exponent =
        point
            - 1
            - leading
            + (e < 0 ? 0 : Integer.parseInt(shortest, e + 1, shortest.length(), 10));
    digits = digits.substring(leading, end);
    if (digits.length() == 2) {
      return sign + oneDigitOf(Math.abs(value), digits, exponent);
    }
    return sign + written(digits, exponent);
  }

  /**
   * Where one digit is enough, Double.toString may give two that are nearer, as {@code 4.9E-324};
   * Python gives the one.
   */
  private static String oneDigitOf(double value, String digits, int exponent) {
    int tens = digits.charAt(0) - '0';
    int nearest = digits.charAt(1) >= '5' ? tens + 1 : tens;
    if (Double.parseDouble(nearest + "E" + exponent) == value) {
      return nearest == 10
          ? written("1", exponent + 1)
          : written(String.valueOf(nearest), exponent);
    }
    return written(digits, exponent);
  }

  /** The number d.ddd * 10^exponent. */
  private static String written(String digits, int exponent) {
    int count = digits.length();
    if (exponent < -4 || exponent >= 16) {
      String fraction = count == 1 ? "" : "." + digits.substring(1);
      String size = Math.abs(exponent) < 10 ? "0" + Math.abs(exponent) : "" + Math.abs(exponent);
      return digits.charAt(0) + fraction + "e" + (exponent < 0 ? "-" : "+") + size;
    }
    if (exponent < 0) {
      return "0." + "0".repeat(-exponent - 1) + digits;
    }
    if (count <= exponent + 1) {
      return digits + "0".repeat(exponent + 1 - count) + ".0";
    }
    return digits.substring(0, exponent + 1) + "." + digits.substring(exponent + 1);
  }
}
