package io.github.checkpoint4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QuantitiesTest {
  @ParameterizedTest
  @CsvSource({
    "0, 0 B",
    "999, 999 B",
    "1000, 1.0 kB",
    "999949, 999.9 kB",
    "999950, 1.0 MB",
    "90868376, 90.9 MB",
    "9223372036854775807, 9.2 EB"
  })
  void sizes(long bytes, String shown) {
    assertThat(Quantities.size(bytes)).isEqualTo(shown);
  }

  @ParameterizedTest
  @CsvSource({
    "-5, 0 s",
    "59, 59 s",
    "60, 1 min",
    "3599, 59 min",
    "3600, 1 h",
    "172799, 47 h",
    "172800, 2 d"
  })
  void ages(long seconds, String shown) {
    assertThat(Quantities.age(Duration.ofSeconds(seconds))).isEqualTo(shown);
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0.0000",
    "0.7852, 0.7852",
    "-1.5, -1.5000",
    "0.00005, 5.000e-05",
    "12345678, 1.235e+07",
    "NaN, NaN",
    "-Infinity, -Infinity"
  })
  void metrics(double value, String shown) {
    assertThat(Quantities.metric(value)).isEqualTo(shown);
  }

  @Test
  void counts_and_epochs() {
    assertThat(Quantities.count(22_713_216)).isEqualTo("22,713,216");
    assertThat(Quantities.count(1, "tensor")).isEqualTo("1 tensor");
    assertThat(Quantities.count(2000, "tensor")).isEqualTo("2,000 tensors");
    assertThat(Quantities.epoch(1.0 / 3)).isEqualTo("0.33");
  }
}
