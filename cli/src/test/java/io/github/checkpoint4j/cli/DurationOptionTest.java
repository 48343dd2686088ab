package io.github.checkpoint4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.TypeConversionException;

class DurationOptionTest {
  @ParameterizedTest
  @CsvSource({
    "90s, PT90S",
    "30m, PT30M",
    "12h, PT12H",
    "7d, PT168H",
    "2w, PT336H",
    "1h30m, PT90M",
    "0s, PT0S",
    "PT5M, PT5M",
    "P1DT1H, PT25H",
    "999999999w, PT167999999832H"
  })
  void a_time_is_numbers_with_units(String text, String expected) {
    assertThat(new DurationOption().convert(text)).isEqualTo(Duration.parse(expected));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "5", "m", "1y", "1h 30m", "-1h", "1.5h", "9999999999s", "1H"})
  void anything_else_is_an_error_that_shows_how(String text) {
    assertThatThrownBy(() -> new DurationOption().convert(text))
        .isInstanceOf(TypeConversionException.class)
        .hasMessage("'" + text + "' is not a time; give one like 90s, 30m, 1h30m, 7d or 2w");
  }
}
