package io.github.checkpoint4j.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.Json;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class TrainerStateTest {
  private static final Path GOLDEN =
      Path.of(System.getProperty("checkpoint4j.root"), "golden", "trainer");

  static List<Path> statesOfPython() throws IOException {
    try (Stream<Path> files = Files.walk(GOLDEN)) {
      List<Path> states = files.filter(file -> file.toString().endsWith("state.json")).toList();
      assertThat(states).hasSizeGreaterThan(8);
      return states;
    }
  }

  @ParameterizedTest
  @MethodSource("statesOfPython")
  void a_state_of_python_is_written_again_byte_for_byte(Path file) throws IOException {
    String text = Files.readString(file);

    assertThat(TrainerState.parse(parsed(text)).toText()).isEqualTo(text);
  }

  @Test
  void the_fields_of_a_state_of_python_are_read() throws IOException {
    TrainerState state =
        TrainerState.parse(
            parsed(Files.readString(GOLDEN.resolve("steps/checkpoint-6/trainer_state.json"))));

    assertThat(state.globalStep()).isEqualTo(6);
    assertThat(state.epoch()).isEqualTo(1.2);
    assertThat(state.maxSteps()).isEqualTo(10);
    assertThat(state.numTrainEpochs()).isEqualTo(2);
    assertThat(state.loggingSteps()).isEqualTo(2);
    assertThat(state.evalSteps()).isEqualTo(3);
    assertThat(state.saveSteps()).isEqualTo(3);
    assertThat(state.trainBatchSize()).hasValue(8);
    assertThat(state.bestMetric()).hasValue(0.5384615384615384);
    assertThat(state.bestGlobalStep()).hasValue(6);
    assertThat(state.bestModelCheckpoint()).contains("run/checkpoint-6");
    assertThat(state.logHistory()).hasSize(5);
    assertThat(state.logHistory().get(1).real("eval_accuracy")).isEqualTo(0.46153846153846156);
    assertThat(state.logHistory().get(1).integer("step")).isEqualTo(3);
  }

  @Test
  void the_states_of_pythons_callbacks_and_its_trial_are_passed_on() throws CorruptFileException {
    String text =
        """
        {"stateful_callbacks": {"EarlyStoppingCallback": {"args": {"early_stopping_patience": 3}}},
         "trial_name": "a", "trial_params": {"learning_rate": 1e-05}}""";

    assertThat(TrainerState.parse(parsed(text)).toText())
        .contains("\"early_stopping_patience\": 3")
        .contains("\"trial_name\": \"a\"")
        .contains("\"learning_rate\": 1e-05");
  }

  @Test
  void numbers_that_are_not_finite_are_written_as_python_does() {
    var state = new TrainerState();
    state.log(Map.of("loss", Double.NaN));
    state.improve(Double.NaN, false, true);

    assertThat(state.toText()).contains("\"loss\": NaN").contains("\"best_metric\": Infinity");
  }

  @Test
  void before_the_first_step_the_epoch_is_a_whole_number() {
    var state = new TrainerState();
    state.log(Map.of("eval_loss", 0.5));
    state.stepDone(1.0);
    state.log(Map.of("loss", 0.5));

    assertThat(state.logHistory().getFirst().get("epoch")).isEqualTo(Json.of(0L));
    assertThat(state.logHistory().getLast().get("epoch")).isEqualTo(Json.of(1.0));
    assertThat(state.logHistory().getLast().get("step")).isEqualTo(Json.of(1L));
  }

  @Test
  void a_better_metric_becomes_the_best_with_its_step() {
    var state = new TrainerState();
    state.stepDone(0.5);
    assertThat(state.improve(0.7, true, true)).isTrue();
    state.stepDone(1.0);
    assertThat(state.improve(0.6, true, true)).isFalse();
    assertThat(state.improve(0.7, true, true)).isFalse();

    assertThat(state.bestMetric()).isEqualTo(OptionalDouble.of(0.7));
    assertThat(state.bestGlobalStep()).isEqualTo(OptionalLong.of(1));
  }

  @ParameterizedTest
  @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY})
  void what_is_not_finite_is_never_the_best(double value) {
    var state = new TrainerState();
    assertThat(state.improve(value, true, true)).isFalse();
    assertThat(state.improve(value, false, true)).isFalse();
    assertThat(state.bestGlobalStep()).isEmpty();
  }

  @Test
  void a_metric_that_is_not_finite_does_not_stand_in_the_way_of_a_later_one() {
    var state = new TrainerState();
    state.improve(Double.NaN, false, true);

    assertThat(state.improve(9.0, false, true)).isTrue();
    assertThat(state.bestMetric()).isEqualTo(OptionalDouble.of(9.0));
  }

  @Test
  void shares_of_steps_are_rounded_up() {
    var state = new TrainerState();
    TrainingArguments arguments =
        TrainingArguments.builder()
            .maxSteps(7)
            .loggingSteps(0.2)
            .evalStrategy(IntervalStrategy.STEPS)
            .evalSteps(0.25)
            .saveSteps(0.5)
            .build();
    state.begin(arguments, RunLength.of(arguments, 37, 4));

    assertThat(state.loggingSteps()).isEqualTo(2);
    assertThat(state.evalSteps()).isEqualTo(2);
    assertThat(state.saveSteps()).isEqualTo(4);
  }

  @Test
  void a_field_of_another_kind_is_named() {
    assertThatThrownBy(() -> TrainerState.parse(parsed("{\"global_step\": \"six\"}")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("'global_step' in trainer_state.json should be a number and is \"six\"");
    assertThatThrownBy(() -> TrainerState.parse(parsed("{\"log_history\": [1]}")))
        .hasMessage("'log_history' in trainer_state.json should be a list of objects and is [1]");
    assertThatThrownBy(() -> TrainerState.parse(parsed("{\"max_steps\": -1}")))
        .hasMessage("'max_steps' in trainer_state.json should be a number from 0 up and is -1");
    assertThatThrownBy(() -> TrainerState.parse(parsed("{\"best_model_checkpoint\": 1}")))
        .hasMessage("'best_model_checkpoint' in trainer_state.json should be a string and is 1");
    assertThatThrownBy(() -> TrainerState.parse(parsed("{\"stateful_callbacks\": []}")))
        .hasMessage("'stateful_callbacks' in trainer_state.json should be an object and is []");
  }

  private static Json.Obj parsed(String text) throws CorruptFileException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return (Json.Obj) Json.parsePython(MemorySegment.ofArray(bytes), "trainer_state.json");
  }
}
