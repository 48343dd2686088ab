package io.github.checkpoint4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.Direction;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class KeptBestTest {
  @ParameterizedTest
  @CsvSource({
    "eval_loss, eval_loss, , 1",
    "eval_loss=3, eval_loss, , 3",
    "f1:max, f1, MAXIMIZE, 1",
    "f1:min=2, f1, MINIMIZE, 2",
    "a:b:max=0, a:b, MAXIMIZE, 0",
    "a=b, a=b, , 1",
    "a:maximum, a:maximum, , 1"
  })
  void a_metric_may_have_a_direction_and_a_number(
      String text, String metric, Direction direction, int count) {
    assertThat(KeptBest.parse(text))
        .isEqualTo(new KeptBest(metric, Optional.ofNullable(direction), count));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a\nb"})
  void any_other_form_is_an_error_that_shows_how(String text) {
    assertThatThrownBy(() -> KeptBest.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "--keep-best is '"
                + text
                + "'; give METRIC, METRIC:min or METRIC:max, and =N for the best N");
  }

  @Test
  void without_metrics_there_is_no_best() {
    assertThatThrownBy(() -> KeptBest.parse("loss").policy(new Checkpoints(List.of())))
        .hasMessage("--keep-best goes by 'loss', which no checkpoint has; none has any metric");
  }
}
