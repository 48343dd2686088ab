package io.github.checkpoint4j.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.PyTorch;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.StateMismatchException;
import io.github.checkpoint4j.state.Value;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class LearningRateTest {

  static List<String> cases() throws IOException {
    return List.copyOf(((Json.Obj) Golden.json("schedules.json")).members().keySet());
  }

  private static Json.Obj golden(String name) throws IOException {
    return ((Json.Obj) Golden.json("schedules.json")).object(name);
  }

  private static LearningRateSchedule schedule(Json.Obj golden) {
    long warmup = golden.integer("warmup");
    long total = golden.integer("total");
    return switch (golden.text("kind")) {
      case "linear" -> LearningRateSchedule.linear(warmup, total);
      case "cosine" -> LearningRateSchedule.cosine(warmup, total);
      case "constant" -> LearningRateSchedule.constant();
      case "constant_with_warmup" -> LearningRateSchedule.constantWithWarmup(warmup);
      case "cosine_with_restarts" -> LearningRateSchedule.cosineWithRestarts(warmup, total, 1);
      case "polynomial" -> LearningRateSchedule.polynomial(warmup, total, 1.0, 1e-7, 1);
      case "inverse_sqrt" -> LearningRateSchedule.inverseSqrt(warmup);
      default -> throw new AssertionError(golden.text("kind"));
    };
  }

  @Test
  void cosine_restarts_as_often_as_said() {
    LearningRateSchedule schedule = LearningRateSchedule.cosineWithRestarts(2, 10, 2);

    assertThat(schedule.multiplier(1)).isEqualTo(0.5);
    assertThat(schedule.multiplier(2)).isEqualTo(1);
    assertThat(schedule.multiplier(4)).isCloseTo(0.5, within(1e-12));
    assertThat(schedule.multiplier(6)).isEqualTo(1);
    assertThat(schedule.multiplier(10)).isZero();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> LearningRateSchedule.cosineWithRestarts(2, 10, 0))
        .withMessage("0 cycles: expected 1 or more");
  }

  @Test
  void a_polynomial_ends_above_nothing_and_below_the_learning_rate() {
    LearningRateSchedule schedule = LearningRateSchedule.polynomial(0, 4, 0.5, 0.1, 2);

    assertThat(schedule.multiplier(2)).isCloseTo((0.4 * 0.25 + 0.1) / 0.5, within(1e-12));
    assertThat(schedule.multiplier(9)).isEqualTo(0.2);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SchedulerType.POLYNOMIAL.schedule(0, 4, 1e-8))
        .withMessage(
            "learningRate is 1.0E-8; a polynomial schedule, which ends at 1.0E-7, needs a greater"
                + " one: choose one, or another lrSchedulerType");
  }

  private static Optimizer optimizer(double rate) {
    return Sgd.builder().learningRate(rate).over(Map.of("w", torch.zeros(1)), Map.of());
  }

  private static StateDict saved(String name) throws IOException {
    byte[] file = Files.readAllBytes(Golden.path(name + ".scheduler.pt"));
    return (StateDict) PyTorch.read(MemorySegment.ofArray(file), name);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void multipliers_are_those_of_transformers_to_the_last_bit(String name) throws IOException {
    Json.Obj golden = golden(name);
    double[] expected = Golden.doubles(golden.array("multipliers"));
    LearningRateSchedule schedule = schedule(golden);
    double[] found = new double[expected.length];
    for (int step = 0; step < expected.length; step++) {
      found[step] = schedule.multiplier(step);
    }
    assertThat(found).containsExactly(expected);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void learning_rates_are_those_of_lambda_lr_to_the_last_bit(String name) throws IOException {
    Json.Obj golden = golden(name);
    Optimizer optimizer = optimizer(Golden.doubles(golden.array("base"))[0]);
    var scheduler = new LearningRateScheduler(optimizer, schedule(golden));
    for (Json rates : golden.array("learning_rates").items()) {
      double expected = Golden.doubles((Json.Arr) rates)[0];
      assertThat(scheduler.lastLearningRate()).isEqualTo(expected);
      assertThat(optimizer.groups().getFirst().learningRate()).isEqualTo(expected);
      scheduler.step();
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void a_file_of_python_is_gone_on_with(String name) throws IOException {
    Json.Obj golden = golden(name);
    double[] base = Golden.doubles(golden.array("base"));
    Optimizer optimizer = optimizer(1);
    var scheduler = new LearningRateScheduler(optimizer, schedule(golden));
    scheduler.loadStateDict(saved(name));
    assertThat(scheduler.steps()).isEqualTo(3);
    List<Json> rates = golden.array("learning_rates").items();
    assertThat(scheduler.lastLearningRate()).isEqualTo(Golden.doubles((Json.Arr) rates.get(3))[0]);
    scheduler.step();
    double[] expected = Golden.doubles((Json.Arr) rates.get(4));
    assertThat(optimizer.groups().get(0).learningRate()).isEqualTo(expected[0]);
    assertThat(optimizer.groups().get(1).learningRate()).isEqualTo(expected[1]);
    assertThat(base).hasSize(2);
  }

  @Test
  void the_state_has_the_entries_of_python() throws IOException {
    Json.Obj golden = golden("linear");
    var scheduler = new LearningRateScheduler(optimizer(5e-5), schedule(golden));
    StateDict python = saved("linear");
    for (int step = 0; step < 3; step++) {
      scheduler.step();
    }
    StateDict ours = scheduler.stateDict();
    assertThat(ours.names()).containsExactlyElementsOf(python.names());
    for (String name : List.of("last_epoch", "_step_count", "_is_initial", "lr_lambdas")) {
      assertThat(ours.get(name)).as(name).isEqualTo(python.get(name));
    }
  }

  @Test
  void a_resumed_scheduler_leaves_the_learning_rate_until_it_steps() {
    Optimizer optimizer = optimizer(1);
    var scheduler = new LearningRateScheduler(optimizer, LearningRateSchedule.linear(0, 4));
    scheduler.step();
    StateDict state = scheduler.stateDict();
    Optimizer other = optimizer(1);
    var resumed = new LearningRateScheduler(other, LearningRateSchedule.linear(0, 4));
    resumed.loadStateDict(state);
    assertThat(other.groups().getFirst().learningRate()).isEqualTo(1);
    assertThat(resumed.lastLearningRate()).isEqualTo(0.75);
    resumed.step();
    assertThat(other.groups().getFirst().learningRate()).isEqualTo(0.5);
  }

  @Test
  void a_second_scheduler_starts_from_the_initial_learning_rate() {
    Optimizer optimizer = optimizer(1);
    new LearningRateScheduler(optimizer, LearningRateSchedule.linear(0, 2)).step();
    assertThat(optimizer.groups().getFirst().learningRate()).isEqualTo(0.5);
    new LearningRateScheduler(optimizer, LearningRateSchedule.constant());
    assertThat(optimizer.groups().getFirst().learningRate()).isEqualTo(1);
    assertThat(optimizer.groups().getFirst().initialLearningRate()).hasValue(1);
  }

  @Test
  void a_state_for_another_number_of_groups_is_refused() throws IOException {
    Map<String, Tensor> parameters = Map.of("w", torch.zeros(1));
    Optimizer oneGroup = Sgd.builder().over(parameters);
    var scheduler = new LearningRateScheduler(oneGroup, LearningRateSchedule.constant());
    StateDict two = saved("linear");
    assertThatThrownBy(() -> scheduler.loadStateDict(two))
        .isInstanceOf(StateMismatchException.class)
        .hasMessage("entry 'base_lrs' has 2 learning rates; the optimizer has 1 groups");
    assertThat(scheduler.steps()).isZero();
  }

  @Test
  void a_state_of_another_kind_is_refused() throws IOException {
    var scheduler = new LearningRateScheduler(optimizer(1), LearningRateSchedule.constant());
    assertThatThrownBy(() -> scheduler.loadStateDict(StateDict.empty()))
        .isInstanceOf(StateMismatchException.class)
        .hasMessage("no entry 'base_lrs'; there are: none");
    assertThatThrownBy(() -> scheduler.loadStateDict(changed("base_lrs", Value.of(1))))
        .hasMessage("entry 'base_lrs' should be a list of learning rates and is the number 1");
    assertThatThrownBy(
            () ->
                scheduler.loadStateDict(
                    changed("_last_lr", Value.list(Value.of("a"), Value.of("b")))))
        .hasMessage("'_last_lr' should hold numbers and holds a string");
    assertThatThrownBy(() -> scheduler.loadStateDict(changed("last_epoch", Value.of(-1))))
        .hasMessage("entry 'last_epoch' should be 0 or more and is -1");
  }

  private static StateDict changed(String name, Value value) throws IOException {
    Map<String, Value> entries = new LinkedHashMap<>(saved("linear").entries());
    entries.put(name, value);
    return StateDict.of(entries);
  }

  @Test
  void a_negative_number_of_steps_is_refused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> LearningRateSchedule.linear(-1, 10))
        .withMessage("warmup of -1 steps of 10: expected numbers from 0 up");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> LearningRateSchedule.cosine(0, -2))
        .withMessage("warmup of 0 steps of -2: expected numbers from 0 up");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> LearningRateSchedule.constantWithWarmup(-3))
        .withMessage("warmup of -3 steps of -3: expected numbers from 0 up");
  }

  @Test
  void factors_multiply_what_the_schedule_gives_from_the_next_step_on() {
    Optimizer optimizer = optimizer(0.5);
    var scheduler = new LearningRateScheduler(optimizer, LearningRateSchedule.linear(0, 4));
    scheduler.step();
    assertThat(scheduler.factors()).containsOnly(1.0);
    scheduler.factors(List.of(0.25, 0.5));
    assertThat(optimizer.groups().stream().map(ParameterGroup::learningRate))
        .containsExactly(0.5 * 0.75 * 0.25, 0.5 * 0.75 * 0.5);
    assertThat(scheduler.lastLearningRate()).isEqualTo(0.5 * 0.75 * 0.25);
    scheduler.step();
    assertThat(optimizer.groups().getFirst().learningRate()).isEqualTo(0.5 * 0.5 * 0.25);
  }

  @Test
  void factors_are_in_the_state_if_they_change_anything() {
    Optimizer optimizer = optimizer(0.5);
    var scheduler = new LearningRateScheduler(optimizer, LearningRateSchedule.constant());
    assertThat(scheduler.stateDict().names()).doesNotContain("factors");
    scheduler.factors(List.of(0.25, 1.0));
    var other = new LearningRateScheduler(optimizer(0.5), LearningRateSchedule.constant());
    other.loadStateDict(scheduler.stateDict());
    assertThat(other.factors()).containsExactly(0.25, 1.0);
    assertThat(other.lastLearningRate()).isEqualTo(0.125);
    other.loadStateDict(
        new LearningRateScheduler(optimizer(0.5), LearningRateSchedule.constant()).stateDict());
    assertThat(other.factors()).containsExactly(1.0, 1.0);
  }

  @Test
  void factors_are_one_a_group_and_numbers_from_0_up() {
    var scheduler = new LearningRateScheduler(optimizer(0.5), LearningRateSchedule.constant());
    for (List<Double> wrong :
        List.of(List.of(1.0), List.of(1.0, -1.0), List.of(1.0, Double.POSITIVE_INFINITY))) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> scheduler.factors(wrong))
          .withMessage(
              "the factors of the learning rates of 2 groups are %s; give each a number from 0 up"
                  .formatted(wrong));
    }
    assertThat(scheduler.factors()).containsExactly(1.0, 1.0);
    StateDict state = scheduler.stateDict();
    Map<String, Value> entries = new LinkedHashMap<>(state.entries());
    entries.put("factors", new Value.Items(List.of(Value.of(1.0), Value.of(-2.0))));
    assertThatThrownBy(() -> scheduler.loadStateDict(StateDict.of(entries)))
        .isInstanceOf(StateMismatchException.class)
        .hasMessage("entry 'factors' should be numbers from 0 up and is [1.0, -2.0]");
  }
}
