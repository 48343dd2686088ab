package io.github.checkpoint4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.store.CheckpointInfo;
import io.github.checkpoint4j.store.Standing;
import io.github.checkpoint4j.torch.CheckpointStrategy;
import io.github.checkpoint4j.torch.IntervalStrategy;
import io.github.checkpoint4j.torch.OptimizerType;
import io.github.checkpoint4j.torch.SchedulerType;
import io.github.checkpoint4j.torch.TrainingArguments;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ChosenArgumentsTest {
  private final TrainOptions options = new TrainOptions();

  ChosenArgumentsTest() {
    options.output = Path.of("ours");
  }

  /** As a run by Python's Trainer was saved. */
  private static final Json.Obj PYTHON =
      Json.object()
          .put("per_device_train_batch_size", 4)
          .put("per_device_eval_batch_size", 6)
          .put("num_train_epochs", 2.5)
          .put("max_steps", -1)
          .put("learning_rate", 3e-4)
          .put("lr_scheduler_type", "cosine")
          .put("warmup_steps", 0)
          .put("optim", "adamw_torch")
          .put("adam_beta2", 0.98)
          .put("max_grad_norm", 0.5)
          .put("eval_strategy", "no")
          .put("eval_steps", Json.Null.NULL)
          .put("save_strategy", "steps")
          .put("save_steps", 7)
          .put("save_total_limit", Json.Null.NULL)
          .put("save_only_model", true)
          .put("metric_for_best_model", Json.Null.NULL)
          .put("greater_is_better", Json.Null.NULL)
          .put("seed", 9)
          .put("data_seed", 11)
          .build();

  private TrainingArguments chosen(Json.Builder others, boolean evaluated) {
    Map<String, Json> saved = new LinkedHashMap<>(PYTHON.members());
    saved.putAll(others.build().members());
    var info =
        new CheckpointInfo(
            "checkpoint-7",
            Path.of("theirs/checkpoint-7"),
            7,
            OptionalDouble.empty(),
            Map.of(),
            0,
            Instant.EPOCH,
            0,
            false,
            Standing.UNVERIFIED,
            Optional.empty(),
            Optional.empty());
    var run =
        new SavedRun(info, Json.object(saved), Json.object().build(), Optional.empty(), 7, 30);
    return new ChosenArguments(
            options, Optional.of(run), TaskKind.CLASSIFY.defaults(), TaskKind.CLASSIFY.metrics())
        .arguments(false, evaluated);
  }

  @Test
  void what_is_not_given_is_as_the_run_was_saved() {
    TrainingArguments arguments = chosen(Json.object(), false);

    assertThat(arguments)
        .isEqualTo(
            TrainingArguments.builder()
                .outputDir(Path.of("ours"))
                .perDeviceTrainBatchSize(4)
                .perDeviceEvalBatchSize(6)
                .numTrainEpochs(2.5)
                .learningRate(3e-4)
                .lrSchedulerType(SchedulerType.COSINE)
                .optim(OptimizerType.ADAMW_TORCH)
                .adamBeta2(0.98)
                .maxGradNorm(0.5)
                .saveSteps(7)
                .seed(9)
                .dataSeed(11)
                // Not saved, and so the command's default.
                .loggingSteps(5)
                .build());
  }

  @Test
  void what_is_given_goes_before_what_was_saved() {
    options.batchSize = 2;
    options.maxSteps = 50L;
    options.learningRate = 0.5;
    options.schedule = TrainOptions.Schedule.constant;
    options.saveTotalLimit = 1;
    options.saveSteps = 3.0;
    options.seed = 1L;

    TrainingArguments arguments =
        chosen(
            Json.object().put("lr_scheduler_type", "polynomial").put("save_strategy", "epoch"),
            false);

    assertThat(arguments.perDeviceTrainBatchSize()).isEqualTo(2);
    assertThat(arguments.maxSteps()).isEqualTo(50);
    assertThat(arguments.learningRate()).isEqualTo(0.5);
    assertThat(arguments.lrSchedulerType()).isEqualTo(SchedulerType.CONSTANT_WITH_WARMUP);
    assertThat(arguments.saveTotalLimit()).hasValue(1);
    assertThat(arguments.saveStrategy()).isEqualTo(CheckpointStrategy.STEPS);
    assertThat(arguments.saveSteps()).isEqualTo(3);
    assertThat(arguments.seed()).isEqualTo(1);
  }

  @Test
  void epochs_that_are_given_go_before_steps_that_were_saved() {
    options.epochs = 4.0;

    TrainingArguments arguments = chosen(Json.object().put("max_steps", 100), false);

    assertThat(arguments.maxSteps()).isEqualTo(-1);
    assertThat(arguments.numTrainEpochs()).isEqualTo(4);
  }

  @Test
  void a_schedule_that_there_is_not_has_to_be_chosen_anew() {
    assertThatThrownBy(
            () -> chosen(Json.object().put("lr_scheduler_type", "warmup_stable_decay"), false))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(
            "lr_scheduler_type is \"warmup_stable_decay\", which is not supported");
  }

  @Test
  void a_run_is_evaluated_as_it_was() {
    TrainingArguments arguments =
        chosen(
            Json.object()
                .put("eval_strategy", "epoch")
                .put("save_strategy", "best")
                .put("load_best_model_at_end", true)
                .put("metric_for_best_model", "eval_f1")
                .put("greater_is_better", true),
            true);

    assertThat(arguments.evalStrategy()).isEqualTo(IntervalStrategy.EPOCH);
    assertThat(arguments.saveStrategy()).isEqualTo(CheckpointStrategy.BEST);
    assertThat(arguments.loadBestModelAtEnd()).isTrue();
    assertThat(arguments.metricForBestModel()).contains("eval_f1");
  }

  @Test
  void a_run_that_was_not_evaluated_is_with_each_checkpoint() {
    assertThat(chosen(Json.object(), true).evalSteps()).hasValue(7);
    TrainingArguments byEpoch = chosen(Json.object().put("save_strategy", "epoch"), true);
    assertThat(byEpoch.evalStrategy()).isEqualTo(IntervalStrategy.EPOCH);
    assertThat(byEpoch.loadBestModelAtEnd()).isTrue();
    assertThat(byEpoch.metricForBestModel()).contains("accuracy");
  }

  @Test
  void without_data_for_evaluations_there_are_none() {
    TrainingArguments arguments =
        chosen(
            Json.object()
                .put("eval_strategy", "epoch")
                .put("save_strategy", "best")
                .put("load_best_model_at_end", true)
                .put("metric_for_best_model", "f1"),
            false);

    assertThat(arguments.evalStrategy()).isEqualTo(IntervalStrategy.NO);
    assertThat(arguments.saveStrategy()).isEqualTo(CheckpointStrategy.STEPS);
    assertThat(arguments.saveSteps()).isEqualTo(7);
    assertThat(arguments.loadBestModelAtEnd()).isFalse();
  }

  @Test
  void another_metric_is_better_its_own_way() {
    Json.Builder saved =
        Json.object()
            .put("eval_strategy", "steps")
            .put("eval_steps", 7)
            .put("metric_for_best_model", "loss")
            .put("greater_is_better", false);
    assertThat(chosen(saved, true).greaterIsBetter()).contains(false);
    options.metric = "f1";

    assertThat(chosen(saved, true).greaterIsBetter()).contains(true);
  }

  @Test
  void a_metric_that_is_not_measured_here_is_refused_before_training() {
    assertThatThrownBy(() -> chosen(Json.object().put("metric_for_best_model", "bleu"), true))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("--metric is 'bleu'; there are accuracy, f1, matthews_correlation, loss");
  }

  @ParameterizedTest
  @EnumSource(TaskKind.class)
  void each_task_has_its_own_defaults(TaskKind kind) {
    var numbers = kind.defaults();

    TrainingArguments arguments =
        new ChosenArguments(options, Optional.empty(), numbers, kind.metrics())
            .arguments(true, true);

    assertThat(arguments.maxSteps()).isEqualTo(numbers.steps());
    assertThat(arguments.perDeviceTrainBatchSize()).isEqualTo(numbers.batchSize());
    assertThat(arguments.learningRate()).isEqualTo(numbers.learningRate());
    assertThat(arguments.evalSteps()).hasValue(numbers.saveSteps());
    assertThat(arguments.bestMetric()).hasValue("eval_" + kind.metrics().getFirst());
    assertThat(arguments.greaterIsBetter()).hasValue(kind == TaskKind.CLASSIFY);
    assertThat(arguments.loadBestModelAtEnd()).isTrue();
  }
}
