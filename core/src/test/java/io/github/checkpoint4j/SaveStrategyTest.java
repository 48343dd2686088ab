package io.github.checkpoint4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.SaveStrategy.Past;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SaveStrategyTest {
  private static final Instant BEGIN = Instant.parse("2026-03-01T12:00:00Z");
  private static final Moment START = new Moment(0, 0, Map.of(), BEGIN);

  /** One step a minute, four steps an epoch; the steps saved. */
  private static List<Long> savedSteps(SaveStrategy strategy, double... losses) {
    List<Moment> saved = new ArrayList<>();
    Moment previous = START;
    for (int step = 1; step <= losses.length; step++) {
      Moment now =
          new Moment(
              step,
              step / 4.0,
              losses[step - 1] == Double.MAX_VALUE
                  ? Map.of()
                  : Map.of("eval_loss", losses[step - 1]),
              BEGIN.plusSeconds(60L * step));
      if (strategy.shouldSave(now, new Past(START, previous, saved))) {
        saved.add(now);
      }
      previous = now;
    }
    return saved.stream().map(Moment::step).toList();
  }

  @Test
  void never_and_always() {
    assertThat(savedSteps(SaveStrategy.never(), new double[9])).isEmpty();
    assertThat(savedSteps(SaveStrategy.everySteps(1), new double[3])).containsExactly(1L, 2L, 3L);
  }

  @Test
  void every_so_many_steps_are_the_multiples() {
    assertThat(savedSteps(SaveStrategy.everySteps(4), new double[13])).containsExactly(4L, 8L, 12L);
  }

  @Test
  void every_epoch_is_when_one_is_completed() {
    assertThat(savedSteps(SaveStrategy.everyEpochs(1), new double[13]))
        .containsExactly(4L, 8L, 12L);
    assertThat(savedSteps(SaveStrategy.everyEpochs(2), new double[17])).containsExactly(8L, 16L);
  }

  @Test
  void an_epoch_completed_within_a_step_counts() {
    Moment before = new Moment(10, 0.9, Map.of(), BEGIN);
    Moment after = new Moment(11, 1.2, Map.of(), BEGIN);
    assertThat(SaveStrategy.everyEpochs(1).shouldSave(after, new Past(START, before, List.of())))
        .isTrue();
  }

  @Test
  void epochs_that_are_not_counted_are_never_completed() {
    Moment now = new Moment(10, Double.NaN, Map.of(), BEGIN);
    assertThat(SaveStrategy.everyEpochs(1).shouldSave(now, new Past(START, START, List.of())))
        .isFalse();
  }

  @Test
  void every_so_long_is_counted_from_the_last_save() {
    assertThat(savedSteps(SaveStrategy.every(Duration.ofMinutes(5)), new double[13]))
        .containsExactly(5L, 10L);
    assertThat(
            savedSteps(
                SaveStrategy.every(Duration.ofMinutes(5)).or(SaveStrategy.atSteps(3)),
                new double[13]))
        .containsExactly(3L, 8L, 13L);
  }

  @Test
  void time_before_a_resume_does_not_count() {
    Moment old = new Moment(5, 1, Map.of(), BEGIN.minusSeconds(86400));
    Moment now = new Moment(6, 1, Map.of(), BEGIN.plusSeconds(60));
    assertThat(
            SaveStrategy.every(Duration.ofMinutes(5))
                .shouldSave(now, new Past(START, START, List.of(old))))
        .isFalse();
  }

  @Test
  void improvement_is_strict_and_never_nan_or_infinite() {
    double none = Double.MAX_VALUE;
    double[] losses = {
      none, Double.NaN, Double.NEGATIVE_INFINITY, 3, 3, 4, 2, Double.NaN, none, 2.5, 1
    };
    assertThat(savedSteps(SaveStrategy.onImprovement("eval_loss", Direction.MINIMIZE), losses))
        .containsExactly(4L, 7L, 11L);
    assertThat(savedSteps(SaveStrategy.onImprovement("eval_loss", Direction.MAXIMIZE), losses))
        .containsExactly(4L, 6L);
  }

  @Test
  void named_steps() {
    assertThat(savedSteps(SaveStrategy.atSteps(2, 7, 99), new double[9])).containsExactly(2L, 7L);
  }

  @Test
  void a_condition_of_the_users() {
    SaveStrategy low = SaveStrategy.when(moment -> moment.metric("eval_loss") < 0.5);
    assertThat(savedSteps(low, 1, 0.4, 0.6, Double.NaN, 0.1)).containsExactly(2L, 5L);
    assertThat(savedSteps(low.and(SaveStrategy.everySteps(5)), 1, 0.4, 0.6, Double.NaN, 0.1))
        .containsExactly(5L);
  }

  @Test
  void strategies_combine() {
    SaveStrategy two = SaveStrategy.everySteps(2);
    SaveStrategy three = SaveStrategy.everySteps(3);
    assertThat(savedSteps(two.or(three), new double[7])).containsExactly(2L, 3L, 4L, 6L);
    assertThat(savedSteps(two.and(three), new double[13])).containsExactly(6L, 12L);
  }

  @Test
  void what_never_comes_is_refused() {
    assertThatThrownBy(() -> SaveStrategy.everySteps(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("steps between saves must be at least 1, and is 0");
    assertThatThrownBy(() -> SaveStrategy.everyEpochs(-1))
        .hasMessage("epochs between saves must be at least 1, and is -1");
    assertThatThrownBy(() -> SaveStrategy.every(Duration.ZERO))
        .hasMessage("time between saves must be positive, and is PT0S");
  }

  @Test
  void a_clock_that_was_set_back_does_not_end_saving() {
    SaveStrategy strategy = SaveStrategy.every(Duration.ofMinutes(5));
    Moment ahead = new Moment(0, 0, Map.of(), BEGIN.plusSeconds(86400));
    List<Moment> saved = new ArrayList<>(List.of(ahead));
    List<Long> steps = new ArrayList<>();
    for (int step = 1; step <= 13; step++) {
      Moment now = new Moment(step, 0, Map.of(), BEGIN.plusSeconds(60L * step));
      if (strategy.shouldSave(now, new Past(ahead, ahead, saved))) {
        saved.add(now);
        steps.add(now.step());
      }
    }
    assertThat(steps)
        .as("at once, for when the last was is not known")
        .containsExactly(1L, 6L, 11L);
  }

  @Test
  void a_checkpoint_that_seems_to_be_of_the_future_does_not_put_off_saving() {
    Moment future = new Moment(5, 1, Map.of(), BEGIN.plusSeconds(86400));
    SaveStrategy strategy = SaveStrategy.every(Duration.ofMinutes(5));
    Past past = new Past(START, START, List.of(future));
    assertThat(strategy.shouldSave(new Moment(6, 1, Map.of(), BEGIN.plusSeconds(299)), past))
        .isFalse();
    assertThat(strategy.shouldSave(new Moment(7, 1, Map.of(), BEGIN.plusSeconds(300)), past))
        .isTrue();
  }

  @Test
  void a_time_beyond_all_calendars_never_goes_by() {
    assertThat(savedSteps(SaveStrategy.every(Duration.ofSeconds(Long.MAX_VALUE)), new double[3]))
        .isEmpty();
  }
}
