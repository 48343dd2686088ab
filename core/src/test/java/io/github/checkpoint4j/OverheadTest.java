package io.github.checkpoint4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.checkpoint4j.SaveStrategy.Past;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Stateful;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How often saving may be, and what it costs. */
class OverheadTest {
  private static final Instant BEGIN = Instant.parse("2026-03-01T12:00:00Z");
  private static final Moment START = new Moment(0, 0, Map.of(), BEGIN);

  @TempDir Path run;

  private static Instant at(double seconds) {
    return BEGIN.plusNanos(Math.round(seconds * 1e9));
  }

  private static Pause pause(double begin, double end) {
    return new Pause(at(begin), at(end));
  }

  private static boolean due(double share, double now, Pause... pauses) {
    return SaveStrategy.withinOverhead(share)
        .shouldSave(
            new Moment(7, 0, Map.of(), at(now)),
            new Past(START, START, List.of(), List.of(pauses)));
  }

  @Test
  void the_first_step_is_saved_to_learn_what_a_save_costs() {
    assertThat(due(0.035, 1)).isTrue();
  }

  @Test
  void a_pause_is_paid_off_by_training_before_the_next() {
    assertThat(due(0.1, 10.9, pause(0, 1), pause(1, 2))).isFalse();
    assertThat(due(0.1, 11, pause(0, 1), pause(1, 2))).isTrue();
    assertThat(due(0.5, 2.9, pause(1, 2))).isFalse();
    assertThat(due(0.5, 3, pause(1, 2))).isTrue();
  }

  @Test
  void a_save_that_cost_nothing_may_be_at_every_step() {
    assertThat(due(0.01, 5, pause(5, 5))).isTrue();
  }

  @Test
  void a_clock_that_was_set_back_does_not_stop_saving() {
    assertThat(due(0.01, 5, pause(100, 200))).isTrue();
    assertThat(pause(9, 3).length()).isZero();
  }

  @Test
  void a_share_that_is_none_is_refused() {
    for (double share : List.of(0.0, 1.0, -0.1, Double.NaN)) {
      assertThatThrownBy(() -> SaveStrategy.withinOverhead(share))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("the share of the time for saves is " + share + "; give one between 0 and 1");
    }
  }

  @Property(tries = 200)
  void training_never_waits_for_more_than_the_share_whatever_saves_cost(
      @ForAll @DoubleRange(min = 0.01, max = 0.9) double share,
      @ForAll @Size(50) List<@IntRange(min = 0, max = 5000) Integer> costs,
      @ForAll @Size(50) List<@IntRange(min = 1, max = 400) Integer> steps) {
    SaveStrategy strategy = SaveStrategy.withinOverhead(share);
    List<Pause> pauses = new ArrayList<>();
    long millis = 0;
    long paused = 0;
    for (int step = 1; step <= 2000; step++) {
      millis += steps.get(step % 50);
      Moment now = new Moment(step, 0, Map.of(), BEGIN.plusMillis(millis));
      if (strategy.shouldSave(now, new Past(START, START, List.of(), pauses))) {
        // All that was waited before this save is paid off.
        assertThat((double) paused).isLessThanOrEqualTo(share * millis + 1e-6);
        long cost = costs.get(pauses.size() % 50);
        pauses.add(new Pause(now.time(), now.time().plusMillis(cost)));
        millis += cost;
        paused += cost;
      }
    }
    assertThat(pauses).isNotEmpty();
  }

  @Test
  void a_checkpointer_measures_its_pauses_and_saves_as_often_as_they_allow() throws IOException {
    var seconds = new AtomicLong();
    InstantSource clock = () -> BEGIN.plusSeconds(seconds.get());
    Stateful slow =
        new Stateful() {
          @Override
          public StateDict stateDict() {
            seconds.addAndGet(3); // a save takes three seconds
            return StateDict.builder().put("n", 1L).build();
          }

          @Override
          public void loadStateDict(StateDict state) {
            assertThat(state.integer("n")).isEqualTo(1);
          }
        };
    try (Checkpointer checkpointer =
        Checkpointer.in(run)
            .track("loop", slow)
            .save(SaveStrategy.withinOverhead(0.25))
            .clock(clock)
            .open()) {
      List<Long> saved = new ArrayList<>();
      for (long step = 1; step <= 30; step++) {
        seconds.addAndGet(2);
        checkpointer.step(step, Map.of()).ifPresent(info -> saved.add(info.step()));
      }

      // Nine seconds of training, which are five steps, for three of saving.
      assertThat(saved).containsExactly(1L, 6L, 11L, 16L, 21L, 26L);
      Overhead overhead = checkpointer.overhead();
      assertThat(overhead.saves()).isEqualTo(6);
      assertThat(overhead.paused()).isEqualTo(Duration.ofSeconds(18));
      assertThat(overhead.total()).isEqualTo(Duration.ofSeconds(78));
      assertThat(overhead.share()).isEqualTo(18 / 78.0);
      // From the moment of a state to the end of the next save: 3 + 10 + 3 seconds.
      assertThat(overhead.worstLoss()).isEqualTo(Duration.ofSeconds(16));
    }
  }

  @Test
  void the_expected_loss_is_the_mean_age_of_the_state_that_is_gone_back_to() {
    Overhead none = Overhead.of(at(0), at(10), List.of(), List.of());
    assertThat(none.expectedLoss()).isEqualTo(Duration.ofSeconds(5));
    assertThat(none.worstLoss()).isEqualTo(Duration.ofSeconds(10));
    assertThat(none.share()).isZero();

    Overhead one =
        Overhead.of(
            at(0), at(10), List.of(pause(4, 5)), List.of(new Overhead.Durable(at(4), at(5))));
    // The first five seconds the run's begin, 2.5 on average; then from 1 up to 6 seconds.
    assertThat(one.expectedLoss()).isEqualTo(Duration.ofSeconds(3));
    assertThat(one.worstLoss()).isEqualTo(Duration.ofSeconds(6));
    assertThat(one.share()).isEqualTo(0.1, within(1e-12));
  }

  @Test
  void a_run_of_no_time_costs_nothing() {
    Overhead nothing = Overhead.of(at(3), at(2), List.of(), List.of());
    assertThat(nothing)
        .isEqualTo(new Overhead(Duration.ZERO, Duration.ZERO, 0, Duration.ZERO, Duration.ZERO));
    assertThat(nothing.share()).isZero();
  }
}
