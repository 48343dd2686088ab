package io.github.checkpoint4j.torch;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProgressBarTest {
  @Test
  void a_line_has_share_steps_time_rate_loss_and_learning_rate() {
    var progress = new ProgressBar(34, 100, Duration.ofSeconds(41), 34);

    assertThat(progress.line(OptionalDouble.of(0.53125), OptionalDouble.of(3.3e-5), "", 200))
        .isEqualTo(" 34%|███       | 34/100, 0:41<1:20, 0.829 steps/s, loss 0.5313, lr 3.3e-05");
  }

  @Test
  void the_last_checkpoint_event_comes_last_and_is_cut_first() {
    var progress = new ProgressBar(1, 2, Duration.ofSeconds(1), 1);
    OptionalDouble none = OptionalDouble.empty();

    assertThat(progress.line(none, none, "saved checkpoint-1", 200))
        .endsWith(", 1.00 steps/s, saved checkpoint-1");
    assertThat(progress.line(none, none, "saved checkpoint-1", 54))
        .hasSize(54)
        .endsWith("steps/s, saved …");
  }

  @Test
  void a_run_that_goes_on_has_the_rate_of_its_own_steps() {
    var progress = new ProgressBar(90, 100, Duration.ofSeconds(10), 40);

    assertThat(progress.speed()).isEqualTo("4.00 steps/s");
    assertThat(progress.remaining()).isEqualTo("0:03");
  }

  @Test
  void a_slow_run_has_seconds_a_step() {
    assertThat(new ProgressBar(3, 100, Duration.ofSeconds(30), 3).speed()).isEqualTo("10.0 s/step");
  }

  @Test
  void before_the_first_step_nothing_is_known() {
    var progress = new ProgressBar(0, 100, Duration.ZERO, 0);

    assertThat(progress.speed()).isEqualTo("? steps/s");
    assertThat(progress.remaining()).isEqualTo("?");
    assertThat(progress.line(OptionalDouble.empty(), OptionalDouble.empty(), "", 200))
        .startsWith("  0%|          | 0/100, 0:00<?");
  }

  @Test
  void all_steps_fill_the_bar() {
    assertThat(
            new ProgressBar(100, 100, Duration.ofHours(1).plusSeconds(62), 100)
                .line(OptionalDouble.empty(), OptionalDouble.empty(), "", 200))
        .startsWith("100%|██████████| 100/100, 1:01:02<0:00");
  }

  @ParameterizedTest
  @CsvSource({
    "0.69314718, 0.6931",
    "1.5, 1.5",
    "2, 2",
    "0, 0",
    "1234.567, 1235",
    "5e-5, 5e-05",
    "2.345678e-7, 2.346e-07",
    "-0.25, -0.25",
    "NaN, NaN",
    "Infinity, Infinity"
  })
  void numbers_have_four_digits(double value, String expected) {
    assertThat(ProgressBar.number(value)).isEqualTo(expected);
  }
}
