package io.github.checkpoint4j.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.StateMismatchException;
import io.github.checkpoint4j.state.Value;
import io.github.checkpoint4j.store.Checkpoint;
import io.github.checkpoint4j.store.CheckpointLockedException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TrainerResumeTest {
  @TempDir private Path folder;
  private final List<Resumption> resumptions = new ArrayList<>();

  @BeforeEach
  void one_thread() {
    torch.set_num_threads(1);
  }

  private TrainingArgumentsBuilder arguments() {
    return TrainingArguments.builder()
        .outputDir(folder.resolve("run"))
        .maxSteps(6)
        .saveSteps(3)
        .loggingSteps(1)
        .learningRate(0.01)
        .weightDecay(0.1);
  }

  private Trainer<Classifier.Example> trainer(TrainingArgumentsBuilder arguments) {
    return trainer(arguments, 30);
  }

  private Trainer<Classifier.Example> trainer(TrainingArgumentsBuilder arguments, int examples) {
    torch.manual_seed(5);
    return Trainer.<Classifier.Example>builder()
        .model(new Classifier(0.1, false))
        .arguments(arguments.build())
        .collator(Classifier::collate)
        .trainDataset(Classifier.examples(examples, 1))
        .callback(
            new TrainerCallback() {
              @Override
              public void onResume(
                  TrainingArguments arguments,
                  TrainerState state,
                  TrainerControl control,
                  Resumption resumption) {
                resumptions.add(resumption);
              }
            })
        .build();
  }

  private List<String> changes() {
    return resumptions.getLast().changes().stream().map(Resumption.Change::toString).toList();
  }

  private Path checkpoint(long step) {
    return folder.resolve("run").resolve("checkpoint-" + step);
  }

  private StateDict state(long step, String component) throws IOException {
    try (Checkpoint checkpoint = Checkpoint.open(checkpoint(step))) {
      return checkpoint.state(component);
    }
  }

  /** The options of the optimizer's first group, for which weight decay is. */
  private StateDict options(long step) throws IOException {
    var groups = (Value.Items) state(step, "optimizer").get("param_groups");
    return (StateDict) groups.values().getFirst();
  }

  @Test
  void the_same_command_goes_on_and_says_from_where() throws IOException {
    trainer(arguments()).train();
    TrainResult result = trainer(arguments().maxSteps(9)).train();

    assertThat(result.globalStep()).isEqualTo(9);
    assertThat(resumptions).hasSize(1);
    assertThat(resumptions.getFirst().checkpoint().name()).isEqualTo("checkpoint-6");
    assertThat(resumptions.getFirst().epoch()).isEqualTo(1);
    assertThat(resumptions.getFirst().batch()).isEqualTo(2);
    assertThat(changes()).containsExactly("max_steps 6 -> 9 (applied)");
  }

  @Test
  void a_run_that_is_done_stays_as_it_is() throws IOException {
    trainer(arguments()).train();
    TrainResult result = trainer(arguments()).train();

    assertThat(result.ended()).isEqualTo(TrainResult.Ended.COMPLETE);
    assertThat(result.globalStep()).isEqualTo(6);
    assertThat(changes()).isEmpty();
  }

  @Test
  void another_learning_rate_is_applied_and_reported() throws IOException {
    trainer(arguments().lrSchedulerType(SchedulerType.CONSTANT)).train();
    Trainer<Classifier.Example> second =
        trainer(arguments().lrSchedulerType(SchedulerType.CONSTANT).learningRate(2e-5).maxSteps(9));
    second.train();

    assertThat(changes())
        .containsExactly("learning_rate 0.01 -> 2e-05 (applied)", "max_steps 6 -> 9 (applied)");
    assertThat(second.state().logHistory().get(7).real("learning_rate")).isEqualTo(2e-5);
    assertThat(options(9).real("lr")).isEqualTo(2e-5);
    assertThat(options(9).real("initial_lr")).isEqualTo(2e-5);
    assertThat(state(9, "scheduler").get("base_lrs"))
        .isEqualTo(Value.list(Value.of(2e-5), Value.of(2e-5)));
  }

  @Test
  void another_learning_rate_follows_the_schedule_from_the_step_reached() throws IOException {
    trainer(arguments().maxSteps(8).saveSteps(4)).train();
    Files.move(checkpoint(8), folder.resolve("away"));
    Trainer<Classifier.Example> second =
        trainer(arguments().maxSteps(8).saveSteps(4).learningRate(0.08));
    second.train();

    assertThat(second.state().logHistory().get(4).real("learning_rate")).isEqualTo(0.08 * 0.5);
  }

  @Test
  void a_longer_run_has_the_longer_schedule_at_once() throws IOException {
    trainer(arguments()).train();
    Trainer<Classifier.Example> second = trainer(arguments().maxSteps(12));
    second.train();

    assertThat(second.state().logHistory().get(6).real("learning_rate"))
        .isEqualTo(0.01 * (6.0 / 12));
  }

  @Test
  void other_options_of_the_optimizer_are_applied_and_reported() throws IOException {
    trainer(arguments()).train();
    trainer(
            arguments()
                .maxSteps(9)
                .weightDecay(0.2)
                .adamBeta1(0.8)
                .adamBeta2(0.99)
                .adamEpsilon(1e-6))
        .train();

    assertThat(changes())
        .containsExactlyInAnyOrder(
            "weight_decay 0.1 -> 0.2 (applied)",
            "adam_beta1 0.9 -> 0.8 (applied)",
            "adam_beta2 0.999 -> 0.99 (applied)",
            "adam_epsilon 1e-08 -> 1e-06 (applied)",
            "max_steps 6 -> 9 (applied)");
    assertThat(options(9).real("weight_decay")).isEqualTo(0.2);
    assertThat(options(9).get("betas")).isEqualTo(Value.tuple(Value.of(0.8), Value.of(0.99)));
    assertThat(options(9).real("eps")).isEqualTo(1e-6);
    var groups = (Value.Items) state(9, "optimizer").get("param_groups");
    assertThat(((StateDict) groups.values().get(1)).real("weight_decay")).isZero();
  }

  @Test
  void other_intervals_are_applied() throws IOException {
    trainer(arguments()).train();
    trainer(arguments().maxSteps(9).saveSteps(2).loggingSteps(3)).train();

    assertThat(checkpoint(8)).exists();
    assertThat(checkpoint(9)).exists();
    assertThat(changes())
        .containsExactlyInAnyOrder(
            "logging_steps 1 -> 3 (applied)",
            "save_steps 3 -> 2 (applied)",
            "max_steps 6 -> 9 (applied)");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void gradient_checkpointing_can_be_switched_and_changes_nothing(boolean first)
      throws IOException {
    trainer(arguments().maxSteps(9).gradientCheckpointing(!first)).train();
    Map<String, String> straight = ExactRun.digest(checkpoint(9));
    for (int step : new int[] {6, 9}) {
      Files.move(checkpoint(step), folder.resolve("straight-" + step));
    }
    assertThat(checkpoint(3)).isDirectory();

    trainer(arguments().maxSteps(9).gradientCheckpointing(first)).train();

    assertThat(changes())
        .containsExactly("gradient_checkpointing %s -> %s (applied)".formatted(!first, first));
    assertThat(ExactRun.digest(checkpoint(9))).isEqualTo(straight);
  }

  @Test
  void another_seed_changes_nothing_and_that_is_reported_each_time() throws IOException {
    trainer(arguments().maxSteps(3)).train();
    trainer(arguments().maxSteps(9)).train();
    Path other = folder.resolve("other");
    trainer(arguments().outputDir(other).maxSteps(3)).train();
    trainer(arguments().outputDir(other).maxSteps(9).seed(7).saveSteps(6)).train();
    assertThat(changes()).contains("seed 42 -> 7 (kept as in the checkpoint)");

    assertThat(other.resolve("checkpoint-9").resolve("model.safetensors"))
        .hasSameBinaryContentAs(checkpoint(9).resolve("model.safetensors"));
    trainer(arguments().outputDir(other).maxSteps(10).seed(7).saveSteps(6)).train();
    assertThat(changes()).contains("data_seed 42 -> 7 (kept as in the checkpoint)");
  }

  @Test
  void what_the_place_in_the_data_depends_on_cannot_change() throws IOException {
    trainer(arguments()).train();

    assertThatThrownBy(() -> trainer(arguments().maxSteps(9).perDeviceTrainBatchSize(16)).train())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "per_device_train_batch_size is 16 and was 8 when checkpoint-6 was saved: the run could"
                + " not go on where it was. Give 8 again, or begin a new run in another output"
                + " directory");
    assertThatThrownBy(() -> trainer(arguments().maxSteps(9).gradientAccumulationSteps(2)).train())
        .hasMessageStartingWith("gradient_accumulation_steps is 2 and was 1");
    assertThatThrownBy(() -> trainer(arguments().maxSteps(9), 31).train())
        .hasMessageStartingWith("num_train_examples is 31 and was 30");
    assertThatThrownBy(() -> trainer(arguments().maxSteps(9).optim(OptimizerType.SGD)).train())
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(checkpoint(6)).exists();
  }

  @Test
  void beginning_anew_in_a_directory_with_checkpoints_is_refused() throws IOException {
    trainer(arguments()).train();

    assertThatThrownBy(() -> trainer(arguments().resumeFromCheckpoint(ResumeFrom.never())).train())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            ("%s has checkpoints already, the newest is checkpoint-6: to begin from the start,"
                    + " choose another output directory or move them away; or go on from the newest"
                    + " with resumeFromCheckpoint auto")
                .formatted(folder.resolve("run")));
  }

  @Test
  void a_run_can_go_back_to_an_older_checkpoint_of_its_own_and_replaces_the_later()
      throws IOException {
    trainer(arguments()).train();
    TrainResult result =
        trainer(arguments().resumeFromCheckpoint(ResumeFrom.checkpoint(checkpoint(3)))).train();

    assertThat(result.globalStep()).isEqualTo(6);
    assertThat(resumptions.getLast().checkpoint().name()).isEqualTo("checkpoint-3");
    trainer(arguments().maxSteps(7)).train();
    assertThat(resumptions.getLast().checkpoint().name()).isEqualTo("checkpoint-6");
  }

  @Test
  void a_run_can_go_on_in_another_directory_if_that_has_no_checkpoints() throws IOException {
    trainer(arguments()).train();
    Path other = folder.resolve("other");
    TrainingArgumentsBuilder elsewhere =
        arguments()
            .outputDir(other)
            .maxSteps(9)
            .resumeFromCheckpoint(ResumeFrom.checkpoint(checkpoint(6)));
    trainer(elsewhere).train();

    assertThat(other.resolve("checkpoint-9")).exists();
    assertThatThrownBy(() -> trainer(elsewhere.maxSteps(12)).train())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(
            "other has checkpoints already, the newest is checkpoint-9: to go on");
  }

  @Test
  void a_checkpoint_that_is_not_there_is_an_error_that_names_those_that_are() throws IOException {
    trainer(arguments()).train();

    assertThatThrownBy(
            () ->
                trainer(arguments().resumeFromCheckpoint(ResumeFrom.checkpoint(checkpoint(5))))
                    .train())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "there is no checkpoint %s to go on from; there are checkpoint-3, checkpoint-6"
                .formatted(checkpoint(5)));
    assertThatThrownBy(
            () ->
                trainer(
                        arguments()
                            .outputDir(folder.resolve("empty"))
                            .resumeFromCheckpoint(ResumeFrom.checkpoint(checkpoint(5))))
                    .train())
        .hasMessage(
            "there is no checkpoint %s to go on from; nor any in the output directory"
                .formatted(checkpoint(5)));
  }

  @Test
  void a_damaged_checkpoint_is_passed_over_and_that_is_said() throws IOException {
    trainer(arguments()).train();
    try (FileChannel file =
        FileChannel.open(checkpoint(6).resolve("model.safetensors"), StandardOpenOption.WRITE)) {
      file.truncate(100);
    }
    TrainResult result = trainer(arguments()).train();

    assertThat(result.globalStep()).isEqualTo(6);
    assertThat(resumptions.getLast().checkpoint().name()).isEqualTo("checkpoint-3");
    assertThat(resumptions.getLast().skipped())
        .singleElement()
        .asString()
        .startsWith("passed over checkpoint-6: ");
  }

  @Test
  void a_checkpoint_of_another_model_does_not_fit() throws IOException {
    trainer(arguments()).train();

    assertThatThrownBy(
            () ->
                Trainer.<Classifier.Example>builder()
                    .model(new Classifier(0.1, true))
                    .arguments(arguments().maxSteps(9).build())
                    .collator(Classifier::collate)
                    .trainDataset(Classifier.examples(30, 1))
                    .build()
                    .train())
        .isInstanceOf(StateMismatchException.class)
        .hasMessageContaining("bn.weight");
  }

  @Test
  void a_second_trainer_in_the_same_directory_is_refused() {
    var locked = new ArrayList<Throwable>();
    var first =
        Trainer.<Classifier.Example>builder()
            .model(new Classifier(0.1, false))
            .arguments(arguments().build())
            .collator(Classifier::collate)
            .trainDataset(Classifier.examples(30, 1))
            .callback(
                new TrainerCallback() {
                  @Override
                  public void onTrainBegin(
                      TrainingArguments arguments, TrainerState state, TrainerControl control) {
                    try {
                      trainer(arguments()).train();
                    } catch (IOException e) {
                      locked.add(e);
                    }
                  }
                })
            .build();

    assertThat(run(first)).isEmpty();
    assertThat(locked).singleElement().isInstanceOf(CheckpointLockedException.class);
  }

  private static Optional<IOException> run(Trainer<?> trainer) {
    try {
      trainer.train();
      return Optional.empty();
    } catch (IOException e) {
      return Optional.of(e);
    }
  }

  @Test
  void the_best_checkpoint_is_found_in_a_directory_that_was_moved() throws IOException {
    Path before = folder.resolve("before");
    evaluated(before, 6).train();
    Files.move(before, folder.resolve("after"));
    Trainer<Classifier.Example> second = evaluated(folder.resolve("after"), 9);
    second.train();

    assertThat(second.state().bestModelCheckpoint())
        .hasValueSatisfying(
            path -> assertThat(path).startsWith(folder.resolve("after").toString()));
  }

  private static Trainer<Classifier.Example> evaluated(Path output, long steps) {
    return Trainer.<Classifier.Example>builder()
        .model(new Classifier(0.1, false))
        .arguments(
            TrainingArguments.builder()
                .outputDir(output)
                .maxSteps(steps)
                .saveSteps(3)
                .evalStrategy(IntervalStrategy.STEPS)
                .evalSteps(3)
                .loadBestModelAtEnd(true)
                .build())
        .collator(Classifier::collate)
        .trainDataset(Classifier.examples(30, 1))
        .evalDataset(Classifier.examples(10, 2))
        .build();
  }
}
