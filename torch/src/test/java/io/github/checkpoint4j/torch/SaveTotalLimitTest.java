package io.github.checkpoint4j.torch;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.Direction;
import io.github.checkpoint4j.Moment;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class SaveTotalLimitTest {
  private static List<Long> kept(int limit, double... accuracies) {
    List<Moment> saved = new ArrayList<>();
    for (int i = 0; i < accuracies.length; i++) {
      saved.add(new Moment(i, i, Map.of("eval_accuracy", accuracies[i]), Instant.EPOCH));
    }
    return new SaveTotalLimit(limit, Optional.of("eval_accuracy"), Direction.MAXIMIZE)
        .keep(saved, Instant.EPOCH).stream().map(Moment::step).sorted().toList();
  }

  @Test
  void the_best_counts_as_one_of_the_limit() {
    assertThat(kept(3, 0.9, 0.1, 0.2, 0.3, 0.4)).containsExactly(0L, 3L, 4L);
  }

  @Test
  void a_new_best_takes_no_place_of_its_own() {
    assertThat(kept(3, 0.1, 0.2, 0.3, 0.4, 0.5)).containsExactly(2L, 3L, 4L);
  }

  @Test
  void with_a_limit_of_one_the_newest_and_the_best_stay() {
    assertThat(kept(1, 0.9, 0.1, 0.2)).containsExactly(0L, 2L);
    assertThat(kept(1, 0.1, 0.2, 0.9)).containsExactly(2L);
  }

  @Test
  void what_is_not_a_number_is_not_the_best() {
    assertThat(kept(2, Double.NaN, 0.2, 0.1, 0.1)).containsExactly(1L, 3L);
  }

  @Test
  void without_a_metric_the_newest_stay() {
    List<Moment> saved =
        List.of(
            new Moment(1, 0, Map.of(), Instant.EPOCH), new Moment(2, 0, Map.of(), Instant.EPOCH));

    assertThat(
            new SaveTotalLimit(1, Optional.empty(), Direction.MAXIMIZE).keep(saved, Instant.EPOCH))
        .containsExactly(saved.get(1));
    assertThat(
            new SaveTotalLimit(1, Optional.empty(), Direction.MAXIMIZE)
                .keep(List.of(), Instant.EPOCH))
        .isEmpty();
  }

  @Test
  void it_says_what_it_keeps() {
    assertThat(new SaveTotalLimit(3, Optional.empty(), Direction.MINIMIZE).description())
        .isEqualTo("newest 3");
    assertThat(new SaveTotalLimit(2, Optional.of("eval_loss"), Direction.MINIMIZE).description())
        .isEqualTo("newest and best by eval_loss up to 2");
  }
}
