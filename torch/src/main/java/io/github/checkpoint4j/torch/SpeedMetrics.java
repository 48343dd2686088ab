package io.github.checkpoint4j.torch;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.util.Map;

/** Run time and rates as Hugging Face's {@code speed_metrics} names and rounds them. */
final class SpeedMetrics {
  private SpeedMetrics() {}

  /**
   * Adds them to {@code metrics}: the run time alone if it is 0.
   *
   * @param split {@code train} or {@code eval}
   */
  static void add(
      Map<String, Double> metrics, String split, Duration runtime, double samples, long steps) {
    double seconds = runtime.toNanos() / 1e9;
    metrics.put(split + "_runtime", rounded(seconds, 4));
    if (seconds != 0) {
      metrics.put(split + "_samples_per_second", rounded(samples / seconds, 3));
      metrics.put(split + "_steps_per_second", rounded(steps / seconds, 3));
    }
  }

  /** Python's {@code round}: the exact binary value, half to even. */
  private static double rounded(double value, int digits) {
    return new BigDecimal(value).setScale(digits, RoundingMode.HALF_EVEN).doubleValue();
  }
}
