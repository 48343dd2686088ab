package io.github.checkpoint4j.cli;

import java.time.Duration;
import java.util.Locale;

/** Sizes, ages and metrics as people read them. */
final class Quantities {
  private static final String[] UNITS = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};

  private Quantities() {}

  /** Bytes in powers of 1000: {@code 912 B}, {@code 90.9 MB}. */
  static String size(long bytes) {
    if (bytes < 1000) {
      return bytes + " B";
    }
    double value = bytes;
    int unit = 0;
    while (value >= 999.95) {
      value /= 1000;
      unit++;
    }
    return String.format(Locale.ROOT, "%.1f %s", value, UNITS[unit]);
  }

  /** How long ago: {@code 5 s}, {@code 12 min}, {@code 3 h}, {@code 8 d}. */
  static String age(Duration age) {
    long seconds = Math.max(0, age.toSeconds());
    if (seconds < 60) {
      return seconds + " s";
    }
    if (seconds < 3600) {
      return seconds / 60 + " min";
    }
    return seconds < 48 * 3600 ? seconds / 3600 + " h" : seconds / 86_400 + " d";
  }

  /** A metric to four decimals, or with an exponent where those would not show it. */
  static String metric(double value) {
    if (Double.isNaN(value) || Double.isInfinite(value)) {
      return String.valueOf(value);
    }
    double magnitude = Math.abs(value);
    return magnitude != 0 && (magnitude < 0.001 || magnitude >= 1e6)
        ? String.format(Locale.ROOT, "%.3e", value)
        : String.format(Locale.ROOT, "%.4f", value);
  }

  /** Two decimals, as for an epoch. */
  static String epoch(double value) {
    return String.format(Locale.ROOT, "%.2f", value);
  }

  /** A number in groups of three: {@code 22,713,216}. */
  static String count(long value) {
    return String.format(Locale.ROOT, "%,d", value);
  }

  /** A number of things: {@code 1 tensor}, {@code 2,000 tensors}. */
  static String count(long value, String thing) {
    return count(value) + " " + thing + (value == 1 ? "" : "s");
  }
}
