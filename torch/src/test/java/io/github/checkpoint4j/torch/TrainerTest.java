package io.github.checkpoint4j.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.state.Dtype;
import io.github.checkpoint4j.store.Checkpoint;
import io.github.checkpoint4j.store.CheckpointInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainerTest {
  @TempDir private Path folder;
  private final Classifier model = new Classifier(0.1, false);

  @BeforeEach
  void one_thread() {
    torch.set_num_threads(1);
  }

  private TrainingArgumentsBuilder arguments() {
    return TrainingArguments.builder().outputDir(folder).maxSteps(6).saveSteps(3).loggingSteps(2);
  }

  private Trainer.Builder<Classifier.Example> trainer(TrainingArgumentsBuilder arguments) {
    return Trainer.<Classifier.Example>builder()
        .model(model)
        .arguments(arguments.build())
        .collator(Classifier::collate)
        .trainDataset(Classifier.examples(30, 1))
        .evalDataset(Classifier.examples(10, 2))
        .computeMetrics(ComputeMetrics.accuracy());
  }

  private List<String> checkpoints() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.startsWith("checkpoint-"))
          .sorted()
          .toList();
    }
  }

  @Test
  void a_training_ends_with_its_steps_loss_and_speed() throws IOException {
    TrainResult result = trainer(arguments()).build().train();

    assertThat(result.globalStep()).isEqualTo(6);
    assertThat(result.ended()).isEqualTo(TrainResult.Ended.COMPLETE);
    assertThat(result.trainingLoss()).isBetween(0.1, 2.0);
    assertThat(result.metrics())
        .containsKeys("train_runtime", "total_flos")
        .containsEntry("train_loss", result.trainingLoss());
  }

  @Test
  void a_checkpoint_has_every_part_of_the_run() throws IOException {
    trainer(arguments()).build().train();

    assertThat(checkpoints()).containsExactly("checkpoint-3", "checkpoint-6");
    try (Checkpoint checkpoint = Checkpoint.open(folder.resolve("checkpoint-3"))) {
      assertThat(checkpoint.files())
          .contains(
              "model.safetensors",
              "optimizer.pt",
              "scheduler.pt",
              "rng_state.pth",
              "trainer_state.json",
              "training_args.json");
      assertThat(checkpoint.info().step()).isEqualTo(3);
      assertThat(checkpoint.info().epoch()).hasValue(0.75);
      Json.Obj hyperparameters = checkpoint.manifest().orElseThrow().hyperparameters();
      assertThat(hyperparameters.real("learning_rate")).isEqualTo(5e-5);
      assertThat(hyperparameters.integer("num_train_examples")).isEqualTo(30);
      assertThat(checkpoint.json("training_args.json").integer("max_steps")).isEqualTo(6);
      assertThat(checkpoint.manifest().orElseThrow().fingerprint().integer("threads")).isEqualTo(1);
    }
  }

  @Test
  void the_models_own_files_go_into_every_checkpoint() throws IOException {
    var withConfiguration =
        new TrainableModel() {
          @Override
          public Module module() {
            return model.module();
          }

          @Override
          public ModelOutput forward(Batch batch) {
            return model.forward(batch);
          }

          @Override
          public Map<String, FileContent> files() {
            return Map.of("config.json", FileContent.of("{}"));
          }
        };
    trainer(arguments()).model(withConfiguration).build().train();

    assertThat(folder.resolve("checkpoint-6/config.json")).hasContent("{}");
  }

  @Test
  void a_checkpoint_has_the_metrics_of_its_step() throws IOException {
    trainer(arguments().evalStrategy(IntervalStrategy.STEPS).evalSteps(3).loggingSteps(6))
        .build()
        .train();

    assertThat(info("checkpoint-3").metrics()).containsOnlyKeys("eval_loss", "eval_accuracy");
    assertThat(info("checkpoint-6").metrics())
        .containsOnlyKeys("eval_loss", "eval_accuracy", "loss");
  }

  private CheckpointInfo info(String name) throws IOException {
    try (Checkpoint checkpoint = Checkpoint.open(folder.resolve(name))) {
      return checkpoint.info();
    }
  }

  @Test
  void with_the_model_alone_a_checkpoint_is_smaller_and_training_cannot_go_on() throws IOException {
    trainer(arguments().saveOnlyModel(true)).build().train();

    assertThat(folder.resolve("checkpoint-6/optimizer.pt")).doesNotExist();
    assertThat(folder.resolve("checkpoint-6/model.safetensors")).exists();
    assertThatThrownBy(() -> trainer(arguments().saveOnlyModel(true).maxSteps(9)).build().train())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "saveOnlyModel leaves the optimizer out of the checkpoints, so the run in %s cannot go"
                    .formatted(folder)
                + " on from checkpoint-6: choose another output directory, or do without"
                + " saveOnlyModel");
    assertThatThrownBy(() -> trainer(arguments().maxSteps(9)).build().train())
        .isInstanceOf(RuntimeException.class)
        .hasMessageContaining("optimizer");
  }

  @Test
  void the_best_model_is_loaded_at_the_end() throws IOException {
    var best = new ArrayList<String>();
    Iterator<Double> scores = List.of(0.3, 0.9, 0.5).iterator();
    trainer(
            arguments()
                .saveSteps(2)
                .evalStrategy(IntervalStrategy.STEPS)
                .evalSteps(2)
                .metricForBestModel("score")
                .loadBestModelAtEnd(true)
                .learningRate(0.1))
        .computeMetrics(prediction -> Map.of("score", scores.next()))
        .callback(
            new TrainerCallback() {
              @Override
              public void onLoadBest(
                  TrainingArguments arguments,
                  TrainerState state,
                  TrainerControl control,
                  Optional<CheckpointInfo> checkpoint) {
                best.add(checkpoint.orElseThrow().name());
              }
            })
        .build()
        .train();

    assertThat(best).containsExactly("checkpoint-4");
    try (Checkpoint checkpoint = Checkpoint.open(folder.resolve("checkpoint-4"))) {
      assertThat(
              ModuleState.of(model.module())
                  .stateDict()
                  .tensor("hidden.weight")
                  .hasSameBytes(checkpoint.state("model").tensor("hidden.weight")))
          .isTrue();
    }
  }

  @Test
  void the_best_survives_the_limit() throws IOException {
    Iterator<Double> scores = List.of(0.9, 0.3, 0.5, 0.4, 0.2, 0.1).iterator();
    trainer(
            arguments()
                .saveSteps(1)
                .evalStrategy(IntervalStrategy.STEPS)
                .evalSteps(1)
                .metricForBestModel("score")
                .saveTotalLimit(2))
        .computeMetrics(prediction -> Map.of("score", scores.next()))
        .build()
        .train();

    assertThat(checkpoints()).containsExactly("checkpoint-1", "checkpoint-6");
  }

  @Test
  void with_the_best_strategy_only_a_new_best_is_saved() throws IOException {
    Iterator<Double> scores = List.of(0.3, 0.2, 0.5, 0.5, Double.NaN, 0.7).iterator();
    trainer(
            arguments()
                .saveStrategy(CheckpointStrategy.BEST)
                .evalStrategy(IntervalStrategy.STEPS)
                .evalSteps(1)
                .metricForBestModel("score"))
        .computeMetrics(prediction -> Map.of("score", scores.next()))
        .build()
        .train();

    assertThat(checkpoints()).containsExactly("checkpoint-1", "checkpoint-3", "checkpoint-6");
  }

  @Test
  void a_metric_that_is_not_there_is_an_error_that_names_those_that_are() {
    assertThatThrownBy(
            () ->
                trainer(
                        arguments()
                            .evalStrategy(IntervalStrategy.STEPS)
                            .evalSteps(2)
                            .metricForBestModel("f1"))
                    .build()
                    .train())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageMatching(
            "metricForBestModel is 'eval_f1', which the evaluation does not have; it has"
                + " eval_accuracy, eval_loss, eval_runtime.*");
  }

  @Test
  void a_loss_that_is_not_a_number_is_told_once_logged_and_never_best() throws IOException {
    var told = new ArrayList<Double>();
    var diverging =
        new TrainableModel() {
          @Override
          public Module module() {
            return model.module();
          }

          @Override
          public ModelOutput forward(Batch batch) {
            ModelOutput output = model.forward(batch);
            return new ModelOutput(
                Optional.of(output.requireLoss().mul(new Scalar(Double.NaN))), output.logits());
          }
        };
    Trainer<Classifier.Example> trainer =
        trainer(
                arguments()
                    .evalStrategy(IntervalStrategy.STEPS)
                    .evalSteps(3)
                    .loadBestModelAtEnd(true))
            .model(diverging)
            .callback(
                new TrainerCallback() {
                  @Override
                  public void onDivergence(
                      TrainingArguments arguments,
                      TrainerState state,
                      TrainerControl control,
                      double loss) {
                    told.add(loss);
                  }
                })
            .build();
    trainer.train();

    assertThat(told).containsExactly(Double.NaN);
    assertThat(trainer.state().logHistory().getFirst().real("loss")).isNaN();
    assertThat(trainer.state().bestGlobalStep()).isEmpty();
  }

  @Test
  void a_callback_can_stop_the_training_save_and_evaluate() throws IOException {
    var trainer =
        trainer(arguments().saveStrategy(CheckpointStrategy.NO))
            .callback(
                new TrainerCallback() {
                  @Override
                  public void onStepEnd(
                      TrainingArguments arguments, TrainerState state, TrainerControl control) {
                    if (state.globalStep() == 2) {
                      control.shouldEvaluate(true);
                      control.shouldSave(true);
                      control.shouldTrainingStop(true);
                    }
                  }
                })
            .build();
    TrainResult result = trainer.train();

    assertThat(result.ended()).isEqualTo(TrainResult.Ended.STOPPED_BY_CALLBACK);
    assertThat(result.globalStep()).isEqualTo(2);
    assertThat(checkpoints()).containsExactly("checkpoint-2");
    assertThat(trainer.state().logHistory()).anyMatch(entry -> entry.find("eval_loss").isPresent());
  }

  @Test
  void callbacks_are_told_in_the_order_of_hugging_faces() throws IOException {
    var events = new ArrayList<String>();
    trainer(
            arguments()
                .maxSteps(2)
                .saveSteps(2)
                .gradientAccumulationSteps(2)
                .evalStrategy(IntervalStrategy.STEPS)
                .evalSteps(2)
                .perDeviceEvalBatchSize(10))
        .callback(new Recorder(events))
        .build()
        .train();

    assertThat(events)
        .containsExactly(
            "trainBegin",
            "epochBegin",
            "stepBegin",
            "substepEnd",
            "preOptimizerStep",
            "optimizerStep",
            "stepEnd",
            "stepBegin",
            "substepEnd",
            "preOptimizerStep",
            "optimizerStep",
            "stepEnd",
            "log",
            "predictionStep",
            "log",
            "evaluate",
            "save",
            "epochEnd",
            "log",
            "trainEnd");
  }

  @Test
  void a_stop_asked_for_before_training_begins_ends_it_at_once() throws IOException {
    Trainer<Classifier.Example> trainer = trainer(arguments()).build();
    trainer.requestStop();
    TrainResult result = trainer.train();

    assertThat(result.ended()).isEqualTo(TrainResult.Ended.STOPPED_ON_REQUEST);
    assertThat(result.globalStep()).isZero();
    assertThat(checkpoints()).isEmpty();
  }

  @Test
  void a_stop_asked_for_in_a_step_ends_after_it_with_a_checkpoint() throws IOException {
    assertThat(stoppedIn(2).ended()).isEqualTo(TrainResult.Ended.STOPPED_ON_REQUEST);
    assertThat(checkpoints()).containsExactly("checkpoint-2");
  }

  @Test
  void a_stop_asked_for_in_the_last_step_changes_nothing() throws IOException {
    assertThat(stoppedIn(6).ended()).isEqualTo(TrainResult.Ended.COMPLETE);
    assertThat(checkpoints()).containsExactly("checkpoint-3", "checkpoint-6");
  }

  private TrainResult stoppedIn(long step) throws IOException {
    var stop = new ArrayList<Runnable>();
    Trainer<Classifier.Example> trainer =
        trainer(arguments())
            .callback(
                new TrainerCallback() {
                  @Override
                  public void onOptimizerStep(
                      TrainingArguments arguments, TrainerState state, TrainerControl control) {
                    if (state.globalStep() == step - 1) {
                      stop.forEach(Runnable::run);
                    }
                  }
                })
            .build();
    stop.add(trainer::requestStop);
    return trainer.train();
  }

  @Test
  void a_model_can_be_evaluated_without_training() {
    Trainer<Classifier.Example> trainer = trainer(arguments()).build();
    Map<String, Double> metrics = trainer.evaluate();

    assertThat(metrics)
        .containsKeys("eval_loss", "eval_accuracy", "eval_runtime")
        .doesNotContainKey("epoch");
    assertThat(trainer.state().logHistory()).hasSize(1);
    assertThat(model.module().is_training()).isFalse();
  }

  @Test
  void evaluation_changes_nothing_in_the_model() {
    var before = ModuleState.of(model.module()).stateDict().tensor("hidden.weight").toFloats();
    Trainer<Classifier.Example> trainer = trainer(arguments()).build();

    assertThat(trainer.evaluate().get("eval_loss")).isEqualTo(trainer.evaluate().get("eval_loss"));
    assertThat(ModuleState.of(model.module()).stateDict().tensor("hidden.weight").toFloats())
        .isEqualTo(before);
  }

  @Test
  void the_loss_alone_is_computed_if_that_is_wanted() {
    assertThat(trainer(arguments().predictionLossOnly(true)).build().evaluate())
        .containsKey("eval_loss")
        .doesNotContainKey("eval_accuracy");
  }

  @Test
  void what_is_missing_is_said() {
    assertThatThrownBy(() -> Trainer.builder().build())
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("a trainer needs a model");
    assertThatThrownBy(() -> trainer(arguments()).trainDataset(List.of()).build().train())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("there is no training data");
    assertThatThrownBy(() -> trainer(arguments()).evalDataset(List.of()).build().evaluate())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("there is no evaluation data; give some, or set evalStrategy to NO");
    assertThatThrownBy(
            () ->
                Trainer.<Classifier.Example>builder()
                    .model(model)
                    .trainDataset(Classifier.examples(2, 1))
                    .build()
                    .train())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("there is no collator, which makes batches of examples");
  }

  private record Recorder(List<String> events) implements TrainerCallback {
    @Override
    public void onTrainBegin(TrainingArguments a, TrainerState s, TrainerControl c) {
      events.add("trainBegin");
    }

    @Override
    public void onEpochBegin(TrainingArguments a, TrainerState s, TrainerControl c) {
      events.add("epochBegin");
    }

    @Override
    public void onStepBegin(TrainingArguments a, TrainerState s, TrainerControl c) {
      events.add("stepBegin");
    }

    @Override
    public void onSubstepEnd(TrainingArguments a, TrainerState s, TrainerControl c) {
      events.add("substepEnd");
    }

    @Override
    public void onPreOptimizerStep(TrainingArguments a, TrainerState s, TrainerControl c) {
      events.add("preOptimizerStep");
    }

    @Override
    public void onOptimizerStep(TrainingArguments a, TrainerState s, TrainerControl c) {
      events.add("optimizerStep");
    }

    @Override
    public void onStepEnd(TrainingArguments a, TrainerState s, TrainerControl c) {
      events.add("stepEnd");
    }

    @Override
    public void onEpochEnd(TrainingArguments a, TrainerState s, TrainerControl c) {
      events.add("epochEnd");
    }

    @Override
    public void onPredictionStep(
        TrainingArguments a, TrainerState s, TrainerControl c, long batches, long total) {
      events.add("predictionStep");
    }

    @Override
    public void onEvaluate(
        TrainingArguments a, TrainerState s, TrainerControl c, Map<String, Double> metrics) {
      events.add("evaluate");
    }

    @Override
    public void onLog(
        TrainingArguments a, TrainerState s, TrainerControl c, Map<String, Double> logs) {
      events.add("log");
    }

    @Override
    public void onSave(TrainingArguments a, TrainerState s, TrainerControl c, Saved saved) {
      events.add("save");
    }

    @Override
    public void onTrainEnd(TrainingArguments a, TrainerState s, TrainerControl c) {
      events.add("trainEnd");
    }
  }

  @Test
  void what_a_prediction_step_makes_is_what_metrics_are_computed_of() {
    List<EvalPrediction> seen = new ArrayList<>();
    int[] widths = {3, 1, 2};
    int[] calls = {0};
    Trainer<Classifier.Example> trainer =
        trainer(arguments().perDeviceEvalBatchSize(4))
            .predictionStep(
                batch -> {
                  int call = calls[0]++;
                  assertThat(model.module().is_training()).isFalse();
                  return torch.full(
                      new long[] {batch.size(), widths[call]},
                      new Scalar(7L + call),
                      new TensorOptions(torch.ScalarType.Long));
                })
            .computeMetrics(
                prediction -> {
                  seen.add(prediction);
                  return Map.of("exact_match", 0.5);
                })
            .build();

    Map<String, Double> metrics = trainer.evaluate();

    assertThat(metrics).containsEntry("eval_exact_match", 0.5).containsKey("eval_loss");
    EvalPrediction prediction = seen.getFirst();
    assertThat(prediction.predictions().dtype()).isEqualTo(Dtype.I64);
    assertThat(prediction.predictions().shape()).containsExactly(10, 3);
    assertThat(prediction.labelIds().shape()).containsExactly(10);
    long[] ids = prediction.predictions().toLongs();
    assertThat(ids).startsWith(7, 7, 7).endsWith(9, 9, -100);
    assertThat(Arrays.copyOfRange(ids, 12, 15)).containsExactly(8, -100, -100);
  }

  @Test
  void metrics_of_the_loss_are_beside_it_in_the_history() {
    Trainer<Classifier.Example> trainer =
        trainer(arguments()).lossMetrics(loss -> Map.of("perplexity", Math.exp(loss))).build();

    Map<String, Double> metrics = trainer.evaluate();

    assertThat(metrics.get("eval_perplexity"))
        .isEqualTo(Math.exp(metrics.getOrDefault("eval_loss", Double.NaN)));
    assertThat(trainer.state().logHistory().getLast().find("eval_perplexity")).isPresent();
  }

  @Test
  void an_evaluation_has_the_collator_that_is_for_it() {
    int[] calls = {0};
    Trainer<Classifier.Example> trainer =
        trainer(arguments())
            .evalCollator(
                examples -> {
                  calls[0]++;
                  return Classifier.collate(examples);
                })
            .build();

    trainer.evaluate();

    assertThat(calls[0]).isEqualTo(2);
  }
}
