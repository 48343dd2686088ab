package io.github.checkpoint4j.torch;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class SpeedMetricsTest {
  @Test
  void time_and_rates_are_rounded_as_in_python() {
    Map<String, Double> metrics = new TreeMap<>();
    SpeedMetrics.add(metrics, "eval", Duration.ofNanos(1_234_567_890), 13, 2);

    assertThat(metrics)
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                "eval_runtime", 1.2346,
                "eval_samples_per_second", 10.53,
                "eval_steps_per_second", 1.62));
  }

  @Test
  void a_tie_goes_by_the_binary_value() {
    Map<String, Double> metrics = new TreeMap<>();
    SpeedMetrics.add(metrics, "train", Duration.ofSeconds(8), 1, 1);

    assertThat(metrics).containsEntry("train_samples_per_second", 0.125);
    assertThat(metrics).containsEntry("train_runtime", 8.0);
  }

  @Test
  void without_time_there_are_no_rates() {
    Map<String, Double> metrics = new TreeMap<>();
    SpeedMetrics.add(metrics, "eval", Duration.ZERO, 13, 2);

    assertThat(metrics).containsExactly(Map.entry("eval_runtime", 0.0));
  }
}
