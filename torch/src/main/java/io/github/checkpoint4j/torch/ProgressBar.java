package io.github.checkpoint4j.torch;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

/**
 * One line that says how far a training is: percent, a bar, steps, time, rate, loss, learning rate,
 * the last checkpoint event.
 *
 * @param step steps done
 * @param total steps in all
 * @param elapsed time since the training began in this process
 * @param done steps done in that time
 */
record ProgressBar(long step, long total, Duration elapsed, long done) {
  private static final int CELLS = 10;

  /** Steps a second; empty as long as that cannot be told. */
  OptionalDouble rate() {
    double seconds = elapsed.toNanos() / 1e9;
    return done <= 0 || seconds <= 0 ? OptionalDouble.empty() : OptionalDouble.of(done / seconds);
  }

  /** The time left at this rate, for instance {@code 1:20}; {@code ?} if that cannot be told. */
  String remaining() {
    OptionalDouble rate = rate();
    return rate.isEmpty()
        ? "?"
        : clock(Duration.ofSeconds(Math.round((total - step) / rate.getAsDouble())));
  }

  /** The rate, for instance {@code 0.82 steps/s}, or {@code 3.1 s/step} if it is slow. */
  String speed() {
    OptionalDouble rate = rate();
    if (rate.isEmpty()) {
      return "? steps/s";
    }
    double perSecond = rate.getAsDouble();
    return perSecond >= 0.5
        ? String.format(Locale.ROOT, "%.3g steps/s", perSecond)
        : String.format(Locale.ROOT, "%.3g s/step", 1 / perSecond);
  }

  /**
   * The line, cut to {@code width} characters.
   *
   * @param event the last checkpoint event; may be empty
   */
  String line(OptionalDouble loss, OptionalDouble learningRate, String event, int width) {
    double share = total == 0 ? 1 : Math.clamp((double) step / total, 0, 1);
    int full = (int) (share * CELLS);
    List<String> parts = new ArrayList<>();
    parts.add(
        "%3d%%|%s%s| %d/%d"
            .formatted(
                (int) (share * 100), "█".repeat(full), " ".repeat(CELLS - full), step, total));
    parts.add(clock(elapsed) + "<" + remaining());
    parts.add(speed());
    loss.ifPresent(value -> parts.add("loss " + number(value)));
    learningRate.ifPresent(value -> parts.add("lr " + number(value)));
    if (!event.isEmpty()) {
      parts.add(event);
    }
    String line = String.join(", ", parts);
    return line.length() <= width ? line : line.substring(0, width - 1) + "…";
  }

  /** Four significant digits, without needless zeros: {@code 0.6931}, {@code 3.3e-05}. */
  static String number(double value) {
    if (!Double.isFinite(value)) {
      return String.valueOf(value);
    }
    if (value == Math.rint(value) && Math.abs(value) < 1e6) {
      return String.valueOf((long) value);
    }
    if (Math.abs(value) >= 1e-4 && Math.abs(value) < 1e6) {
      int digits = Math.max(0, 3 - (int) Math.floor(Math.log10(Math.abs(value))));
      return trimmed(String.format(Locale.ROOT, "%." + digits + "f", value));
    }
    String scientific = String.format(Locale.ROOT, "%.3e", value);
    int exponent = scientific.indexOf('e');
    return trimmed(scientific.substring(0, exponent)) + scientific.substring(exponent);
  }

  /** Minutes and seconds, and hours if there are: {@code 0:41}, {@code 1:02:03}. */
  static String clock(Duration time) {
    return time.toHours() > 0
        ? "%d:%02d:%02d".formatted(time.toHours(), time.toMinutesPart(), time.toSecondsPart())
        : "%d:%02d".formatted(time.toMinutes(), time.toSecondsPart());
  }

  private static String trimmed(String decimal) {
    if (!decimal.contains(".")) {
      return decimal;
    }
    return decimal.replaceAll("0+$", "").replaceAll("\\.$", "");
  }
}
