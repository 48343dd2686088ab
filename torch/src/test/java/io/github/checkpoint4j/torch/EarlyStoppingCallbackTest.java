package io.github.checkpoint4j.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.store.Checkpoint;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EarlyStoppingCallbackTest {
  /** The scores of a run's evaluations: the best is the third. */
  private static final double[] SCORES = {0.5, 0.6, 0.9, 0.8, 0.9, 0.7, 0.95, 1.0};

  @TempDir private Path folder;
  private final List<String> changes = new ArrayList<>();
  private Classifier model = new Classifier(0.1, false);

  @BeforeEach
  void one_thread() {
    torch.set_num_threads(1);
  }

  private TrainingArgumentsBuilder arguments(Path output) {
    return TrainingArguments.builder()
        .outputDir(output)
        .maxSteps(16)
        .evalStrategy(IntervalStrategy.STEPS)
        .evalSteps(2)
        .saveSteps(2)
        .learningRate(0.01)
        .loadBestModelAtEnd(true)
        .metricForBestModel("score");
  }

  /** A trainer whose evaluation at step 2n has the nth score. */
  private Trainer<Classifier.Example> trainer(
      TrainingArgumentsBuilder arguments, double[] scores, TrainerCallback... callbacks) {
    torch.manual_seed(5);
    model = new Classifier(0.1, false);
    long[] step = {0};
    Trainer.Builder<Classifier.Example> builder =
        Trainer.<Classifier.Example>builder()
            .model(model)
            .arguments(arguments.build())
            .collator(Classifier::collate)
            .trainDataset(Classifier.examples(30, 1))
            .evalDataset(Classifier.examples(4, 2))
            .computeMetrics(_ -> Map.of("score", scores[(int) step[0] / 2 - 1]))
            .callback(
                new TrainerCallback() {
                  @Override
                  public void onStepEnd(
                      TrainingArguments arguments, TrainerState state, TrainerControl control) {
                    step[0] = state.globalStep();
                  }

                  @Override
                  public void onResume(
                      TrainingArguments arguments,
                      TrainerState state,
                      TrainerControl control,
                      Resumption resumption) {
                    resumption.changes().forEach(change -> changes.add(change.toString()));
                  }
                });
    for (TrainerCallback callback : callbacks) {
      builder.callback(callback);
    }
    return builder.build();
  }

  private static Json.Obj states(Path checkpoint) throws IOException {
    return GoldenRun.json(checkpoint.resolve("trainer_state.json")).object("stateful_callbacks");
  }

  private Map<String, List<Float>> weights() {
    return floats(ModuleState.of(model.module()).stateDict());
  }

  private static Map<String, List<Float>> floats(StateDict state) {
    Map<String, List<Float>> floats = new TreeMap<>();
    for (String name : state.names()) {
      List<Float> values = new ArrayList<>();
      for (float value : state.tensor(name).toFloats()) {
        values.add(value);
      }
      floats.put(name, values);
    }
    return floats;
  }

  @Test
  void training_ends_when_the_patience_does_with_the_best_weights() throws IOException {
    var callback = new EarlyStoppingCallback(3);
    TrainResult result = trainer(arguments(folder), SCORES, callback).train();

    assertThat(result.ended()).isEqualTo(TrainResult.Ended.STOPPED_BY_CALLBACK);
    assertThat(result.globalStep()).isEqualTo(12);
    assertThat(callback.earlyStoppingPatienceCounter()).isEqualTo(3);
    try (Checkpoint best = Checkpoint.open(folder.resolve("checkpoint-6"))) {
      assertThat(weights()).isEqualTo(floats(best.state("model")));
    }
  }

  @Test
  void the_state_is_that_of_python() throws IOException {
    trainer(arguments(folder), SCORES, new EarlyStoppingCallback(3, 0.01)).train();

    assertThat(states(folder.resolve("checkpoint-10")).get("EarlyStoppingCallback").toText())
        .isEqualTo(
            Json.parsePython(
                    MemorySegment.ofArray(
                        """
                        {"args": {"early_stopping_patience": 3, "early_stopping_threshold": 0.01},
                         "attributes": {"early_stopping_patience_counter": 2}}
                        """
                            .getBytes(StandardCharsets.UTF_8)),
                    "expected")
                .toText());
    assertThat(
            states(folder.resolve("checkpoint-12"))
                .object("TrainerControl")
                .object("args")
                .bool("should_training_stop"))
        .isTrue();
  }

  @Test
  void an_improvement_has_to_be_more_than_the_threshold() throws IOException {
    double[] scores = {0.5, 0.625, 0.75, 1.5, 1.5, 1.5, 1.5, 1.5};
    TrainResult result =
        trainer(arguments(folder), scores, new EarlyStoppingCallback(2, 0.125)).train();
    assertThat(result.globalStep()).isEqualTo(6);
  }

  @Test
  void nan_and_infinities_are_no_better_and_the_first_is_never_counted() throws IOException {
    double[] scores = {Double.NaN, 0.5, Double.NaN, Double.POSITIVE_INFINITY, 0.75, 0.5, 0.5, 0.5};
    TrainResult result = trainer(arguments(folder), scores, new EarlyStoppingCallback(2)).train();
    assertThat(result.globalStep()).isEqualTo(8);
    try (Checkpoint best = Checkpoint.open(folder.resolve("checkpoint-4"))) {
      assertThat(weights()).isEqualTo(floats(best.state("model")));
    }
  }

  @Test
  void a_loss_is_better_when_it_is_less() throws IOException {
    TrainResult result =
        trainer(arguments(folder).greaterIsBetter(false), SCORES, new EarlyStoppingCallback(2))
            .train();
    assertThat(result.globalStep()).isEqualTo(6);
  }

  @Test
  void a_run_stopped_after_every_step_ends_where_it_would_have_with_the_same_weights()
      throws IOException {
    trainer(arguments(folder.resolve("whole")), SCORES, new EarlyStoppingCallback(3)).train();
    Map<String, List<Float>> whole = weights();
    Path output = folder.resolve("stopped");
    List<Long> steps = new ArrayList<>();
    TrainResult.Ended ended = TrainResult.Ended.STOPPED_ON_REQUEST;
    while (ended == TrainResult.Ended.STOPPED_ON_REQUEST) {
      var stepping = new Stepping();
      Trainer<Classifier.Example> one =
          trainer(arguments(output), SCORES, new EarlyStoppingCallback(3), stepping);
      stepping.stop = one::requestStop;
      TrainResult result = one.train();
      ended = result.ended();
      steps.add(result.globalStep());
      assertThat(steps).hasSizeLessThan(20);
    }

    assertThat(steps).containsExactly(1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L, 9L, 10L, 11L, 12L, 12L);
    assertThat(ended).isEqualTo(TrainResult.Ended.STOPPED_BY_CALLBACK);
    assertThat(weights()).isEqualTo(whole);
  }

  /** Requests a stop in every step. */
  private static final class Stepping implements TrainerCallback {
    private Runnable stop = () -> {};

    @Override
    public void onStepBegin(
        TrainingArguments arguments, TrainerState state, TrainerControl control) {
      stop.run();
    }
  }

  @Test
  void a_run_that_was_ended_is_at_its_end_and_goes_on_with_more_patience() throws IOException {
    trainer(arguments(folder), SCORES, new EarlyStoppingCallback(3)).train();
    Map<String, List<Float>> best = weights();

    TrainResult again = trainer(arguments(folder), SCORES, new EarlyStoppingCallback(3)).train();
    assertThat(again.globalStep()).isEqualTo(12);
    assertThat(again.ended()).isEqualTo(TrainResult.Ended.STOPPED_BY_CALLBACK);
    assertThat(weights()).isEqualTo(best);
    assertThat(changes).isEmpty();

    TrainResult patient =
        trainer(arguments(folder), SCORES, new EarlyStoppingCallback(4, 0.01)).train();
    assertThat(patient.globalStep()).isEqualTo(16);
    assertThat(changes)
        .containsExactly(
            "early_stopping_patience 3 -> 4 (applied)",
            "early_stopping_threshold 0.0 -> 0.01 (applied)");
  }

  @Test
  void a_run_that_goes_on_without_the_callback_says_so_and_forgets_its_count() throws IOException {
    trainer(arguments(folder), SCORES, new EarlyStoppingCallback(3)).train();

    TrainResult result = trainer(arguments(folder), SCORES).train();

    assertThat(result.globalStep()).isEqualTo(16);
    assertThat(changes)
        .singleElement()
        .asString()
        .startsWith("EarlyStoppingCallback {")
        .endsWith("} -> null (applied)");
    assertThat(states(folder.resolve("checkpoint-16")).find("EarlyStoppingCallback")).isEmpty();
  }

  @Test
  void several_callbacks_of_a_name_are_a_list_in_their_order() throws IOException {
    TrainingArgumentsBuilder arguments = arguments(folder);
    trainer(arguments, SCORES, new EarlyStoppingCallback(5), new EarlyStoppingCallback(3)).train();
    Json.Arr states =
        (Json.Arr) states(folder.resolve("checkpoint-12")).get("EarlyStoppingCallback");
    assertThat(states.items()).hasSize(2);

    var first = new EarlyStoppingCallback(5);
    var second = new EarlyStoppingCallback(3, 0.5);
    trainer(arguments, SCORES, first, second).train();
    assertThat(first.earlyStoppingPatienceCounter()).isEqualTo(3);
    assertThat(second.earlyStoppingPatienceCounter()).isEqualTo(3);
    assertThat(changes).containsExactly("early_stopping_threshold 0.0 -> 0.5 (applied)");
  }

  @Test
  void what_it_needs_is_asked_for_when_the_training_begins() {
    assertThatThrownBy(
            () ->
                trainer(
                        TrainingArguments.builder()
                            .outputDir(folder)
                            .maxSteps(2)
                            .evalStrategy(IntervalStrategy.EPOCH),
                        SCORES,
                        new EarlyStoppingCallback(1))
                    .train())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "EarlyStoppingCallback goes by metricForBestModel, which is not given; give it, for"
                + " instance \"loss\" or \"accuracy\"");
    assertThatThrownBy(
            () ->
                trainer(
                        TrainingArguments.builder()
                            .outputDir(folder)
                            .maxSteps(2)
                            .metricForBestModel("loss"),
                        SCORES,
                        new EarlyStoppingCallback(1))
                    .train())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "EarlyStoppingCallback goes by evaluations, and evalStrategy is NO; set it to STEPS or"
                + " EPOCH");
  }

  @Test
  void arguments_out_of_range_are_refused() {
    assertThatThrownBy(() -> new EarlyStoppingCallback(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("earlyStoppingPatience is 0");
    assertThatThrownBy(() -> new EarlyStoppingCallback(1, -0.5))
        .hasMessageContaining("earlyStoppingThreshold is -0.5");
  }

  @Test
  void a_state_that_is_none_is_refused_by_name() throws IOException {
    trainer(arguments(folder), SCORES, new EarlyStoppingCallback(3)).train();
    Path state = folder.resolve("checkpoint-12/trainer_state.json");
    String text = Files.readString(state);
    String counter = "\"early_stopping_patience_counter\": 3";
    assertThat(text).contains(counter);
    Files.delete(folder.resolve("checkpoint-12/manifest.json"));
    Files.writeString(
        state, text.replace(counter, "\"early_stopping_patience_counter\": \"three\""));

    assertThatThrownBy(
            () -> trainer(arguments(folder), SCORES, new EarlyStoppingCallback(3)).train())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "'early_stopping_patience_counter' in trainer_state.json should be a number and is"
                + " \"three\"");
  }
}
