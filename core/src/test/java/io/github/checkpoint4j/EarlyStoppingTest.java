package io.github.checkpoint4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.StateMismatchException;
import io.github.checkpoint4j.state.Value;
import io.github.checkpoint4j.store.Checkpoint;
import io.github.checkpoint4j.store.CheckpointInfo;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EarlyStoppingTest {
  @TempDir Path run;

  private static EarlyStopping losses() {
    return EarlyStopping.on("eval_loss", Direction.MINIMIZE);
  }

  /** How many values it takes to stop; one more than there are if they do not. */
  private static int stopsAt(EarlyStopping stopping, double... values) {
    for (int i = 0; i < values.length; i++) {
      stopping.measured(i + 1, Map.of("eval_loss", values[i]));
      if (stopping.shouldStop()) {
        return i + 1;
      }
    }
    return values.length + 1;
  }

  @Test
  void it_stops_after_so_many_measurements_without_an_improvement() {
    assertThat(stopsAt(losses(), 3, 2, 2, 1)).isEqualTo(3);
    assertThat(stopsAt(losses().patience(3), 3, 2, 2, 2.5, 2, 1)).isEqualTo(5);
    assertThat(stopsAt(losses().patience(3), 3, 2, 2, 2.5, 1, 2, 2, 2)).isEqualTo(8);
    assertThat(stopsAt(losses().patience(3), 3, 2, 1)).isEqualTo(4);
  }

  @Test
  void more_is_better_of_an_accuracy() {
    EarlyStopping stopping = EarlyStopping.on("eval_loss", Direction.MAXIMIZE).patience(2);
    assertThat(stopsAt(stopping, 1, 2, 1.5, 1.9)).isEqualTo(4);
    assertThat(stopping.bestStep()).hasValue(2);
    assertThat(stopping.waited()).isEqualTo(2);
  }

  @Test
  void an_improvement_is_more_than_the_least_one() {
    assertThat(stopsAt(losses().minDelta(0.5), 3, 2.5, 1)).isEqualTo(2);
    assertThat(stopsAt(losses().minDelta(0.5), 3, 2.25, 1.5)).isEqualTo(4);
    assertThat(stopsAt(losses().minDelta(0.5).patience(2), 3, 2.75, 2.25, 2)).isEqualTo(5);
  }

  @Test
  void the_first_improvement_is_on_the_baseline() {
    assertThat(stopsAt(losses().baseline(2).patience(2), 4, 3, 1)).isEqualTo(2);
    assertThat(stopsAt(losses().baseline(2).patience(2), 4, 1, 3, 3)).isEqualTo(4);
  }

  @Test
  void a_warm_up_does_not_count() {
    EarlyStopping stopping = losses().startFrom(3);
    assertThat(stopsAt(stopping, 1, 1, 2, 1.5, 1.75)).isEqualTo(5);
    assertThat(stopping.bestStep()).hasValue(4);
  }

  @Test
  void nan_and_infinities_are_no_improvement_not_even_the_first() {
    assertThat(stopsAt(losses().patience(2), Double.NaN, Double.NEGATIVE_INFINITY, 1)).isEqualTo(2);
    assertThat(stopsAt(losses().patience(2), Double.NaN, 1, Double.NaN, 0.5)).isEqualTo(5);
  }

  @Test
  void other_metrics_are_passed_over_and_an_evaluation_without_it_is_an_error() {
    EarlyStopping stopping = losses();
    stopping.measured(1, Map.of("loss", 1.0));
    stopping.measured(2, Map.of());
    assertThat(stopping.waited()).isZero();
    assertThatThrownBy(() -> stopping.measured(3, Map.of("eval_acc", 1.0, "loss", 2.0)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "training stops early by 'eval_loss', which was not measured; there are: eval_acc,"
                + " loss");
  }

  @Test
  void steps_go_up() {
    EarlyStopping stopping = losses();
    stopping.measured(5, Map.of("eval_loss", 1.0));
    assertThatThrownBy(() -> stopping.measured(5, Map.of("eval_loss", 1.0)))
        .hasMessage(
            "step 5 is not after step 5, the last at which 'eval_loss' was measured; steps go up");
  }

  @Test
  void settings_out_of_range_are_refused() {
    assertThatThrownBy(() -> losses().patience(0))
        .hasMessage("the measurements to wait for an improvement must be at least 1, and is 0");
    assertThatThrownBy(() -> losses().minDelta(-1))
        .hasMessage("the least improvement must be a number from 0 up, and is -1.0");
    assertThatThrownBy(() -> losses().minDelta(Double.NaN)).hasMessageEndingWith("is NaN");
    assertThatThrownBy(() -> losses().baseline(Double.POSITIVE_INFINITY))
        .hasMessage("the baseline must be a number, and is Infinity");
  }

  @Property
  void a_loop_that_goes_on_stops_where_it_would_have(
      @ForAll("values") List<Double> values,
      @ForAll @IntRange(min = 1, max = 4) int patience,
      @ForAll @IntRange(min = 0, max = 12) int interrupted) {
    EarlyStopping whole = losses().patience(patience).minDelta(0.25);
    EarlyStopping first = losses().patience(patience).minDelta(0.25);
    EarlyStopping second = losses().patience(patience).minDelta(0.25);
    second.measured(1, Map.of("eval_loss", -7.0));
    List<Integer> waited = new ArrayList<>();
    for (int i = 0; i < values.size(); i++) {
      whole.measured(i, Map.of("eval_loss", values.get(i)));
      EarlyStopping now = i < interrupted ? first : second;
      if (i == interrupted) {
        second.loadStateDict(first.stateDict());
      }
      now.measured(i, Map.of("eval_loss", values.get(i)));
      assertThat(now.shouldStop()).isEqualTo(whole.shouldStop());
      assertThat(now.bestStep()).isEqualTo(whole.bestStep());
      waited.add(whole.waited());
    }
    assertThat(waited).hasSameSizeAs(values);
  }

  @Provide
  Arbitrary<List<Double>> values() {
    return Arbitraries.of(0.0, -0.0, 0.25, 0.5, 1.0, 2.0, Double.NaN, Double.NEGATIVE_INFINITY)
        .list()
        .ofMaxSize(12);
  }

  @Test
  void another_patience_counts_for_the_past_too() {
    EarlyStopping impatient = losses().patience(1);
    stopsAt(impatient, 1, 2);
    assertThat(impatient.shouldStop()).isTrue();
    EarlyStopping patient = losses().patience(2);
    patient.loadStateDict(impatient.stateDict());
    assertThat(patient.shouldStop()).isFalse();
    patient.measured(3, Map.of("eval_loss", 2.0));
    assertThat(patient.shouldStop()).isTrue();
  }

  @Test
  void a_state_that_is_none_is_refused_and_changes_nothing() {
    EarlyStopping stopping = losses().patience(2);
    stopsAt(stopping, 1, 2);
    Value one = Value.list(Value.of(1L));
    Value real = Value.list(Value.of(1.0));
    refuse(stopping, state("eval_acc", one, real), "stopped early by 'eval_acc' and should now by");
    refuse(stopping, state("eval_loss", real, real), "'steps' should be whole numbers that go up");
    refuse(
        stopping,
        state("eval_loss", Value.list(Value.of(2L), Value.of(2L)), real),
        "'steps' should be whole numbers that go up");
    refuse(stopping, state("eval_loss", one, one), "'values' should be numbers");
    refuse(stopping, state("eval_loss", one, Value.list()), "there are 1 steps and 0 values");
    refuse(stopping, state("eval_loss", Value.of(1), real), "'steps' should be a list");
    assertThat(stopping.waited()).isEqualTo(1);
  }

  private static StateDict state(String metric, Value steps, Value values) {
    return StateDict.builder()
        .put("metric", metric)
        .put("steps", steps)
        .put("values", values)
        .build();
  }

  private static void refuse(EarlyStopping stopping, StateDict state, String message) {
    assertThatThrownBy(() -> stopping.loadStateDict(state))
        .isInstanceOf(StateMismatchException.class)
        .hasMessageContaining(message);
  }

  private static final double[] VALLEY = {5, 4, 3, 2, 3, 4, 5, 6, 7, 8};

  /** A loop that evaluates at each step, and may be killed; returns the step it ends at. */
  private long loop(Path directory, Counter model, long killedAfter) throws IOException {
    EarlyStopping stopping = losses().patience(3);
    try (Checkpointer checkpointer =
        Checkpointer.in(directory)
            .track("model", model)
            .track("early_stopping", stopping)
            .best("eval_loss", Direction.MINIMIZE)
            .keep(RetentionPolicy.latest(1))
            .save(SaveStrategy.everySteps(2))
            .open()) {
      long step = checkpointer.resume().map(CheckpointInfo::step).orElse(0L);
      while (step < VALLEY.length && !stopping.shouldStop()) {
        if (step == killedAfter) {
          return step;
        }
        step++;
        model.set((float) step);
        Map<String, Double> metrics = Map.of("eval_loss", VALLEY[(int) step - 1]);
        stopping.measured(step, metrics);
        checkpointer.step(step, metrics);
      }
      try (Checkpoint best = checkpointer.open(checkpointer.best().orElseThrow())) {
        model.loadStateDict(best.state("model"));
      }
      return step;
    }
  }

  @Test
  void a_loop_of_ones_own_stops_at_the_same_step_wherever_it_was_killed_and_has_the_best()
      throws IOException {
    for (long killed = 0; killed <= VALLEY.length; killed++) {
      Path directory = run.resolve("killed-" + killed);
      Counter model = new Counter("model", new ArrayList<>());
      loop(directory, model, killed);
      assertThat(loop(directory, model, -1)).isEqualTo(7);
      assertThat(model.value()).as("killed after %d", killed).isEqualTo(4);
    }
  }
}
