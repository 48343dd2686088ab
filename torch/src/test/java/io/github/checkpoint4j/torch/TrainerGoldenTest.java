package io.github.checkpoint4j.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.SafeTensors;
import io.github.checkpoint4j.state.StateDict;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The runs of golden/trainer, which the Trainer of transformers made, made again here. */
class TrainerGoldenTest {
  private static final Path GOLDEN =
      Path.of(System.getProperty("checkpoint4j.root"), "golden", "trainer");

  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"steps", "accumulation", "epochs", "ratios"})
  void a_run_logs_what_pythons_does_and_ends_with_the_same_weights(String name) throws IOException {
    var run = new GoldenRun(name);
    Trainer<Classifier.Example> trainer = run.trainer(run.arguments(folder).build());
    trainer.train();

    assertSameHistory(trainer.state().logHistory(), run.logHistory());
    StateDict last = weights(GOLDEN.resolve(name).resolve("last.safetensors"));
    StateDict ours = ModuleState.of(run.model().module()).stateDict();
    for (String tensor : last.names()) {
      assertClose(tensor, ours.tensor(tensor).toFloats(), last.tensor(tensor).toFloats());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"steps", "accumulation", "epochs", "ratios"})
  void it_saves_at_the_same_steps_with_the_same_state(String name) throws IOException {
    var run = new GoldenRun(name);
    run.trainer(run.arguments(folder).build()).train();

    Set<String> checkpoints = new TreeSet<>();
    try (Stream<Path> files = Files.list(GOLDEN.resolve(name))) {
      files
          .map(file -> file.getFileName().toString())
          .filter(file -> file.endsWith(".trainer_state.json"))
          .forEach(file -> checkpoints.add(file.replace(".trainer_state.json", "")));
    }
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(
              files
                  .map(file -> file.getFileName().toString())
                  .filter(file -> !file.startsWith(".")))
          .containsExactlyInAnyOrderElementsOf(checkpoints);
    }
    for (String checkpoint : checkpoints) {
      Json.Obj theirs = json(GOLDEN.resolve(name).resolve(checkpoint + ".trainer_state.json"));
      Json.Obj ours = json(folder.resolve(checkpoint).resolve("trainer_state.json"));
      assertThat(ours.members().keySet()).isEqualTo(theirs.members().keySet());
      for (String field : theirs.members().keySet()) {
        switch (field) {
          case "log_history" ->
              assertSameHistory(objects(ours.array(field)), objects(theirs.array(field)));
          case "stateful_callbacks" ->
              assertThat(ours.object(field).object("TrainerControl"))
                  .isEqualTo(theirs.object(field).object("TrainerControl"));
          case "best_model_checkpoint" ->
              assertThat(lastPart(ours.get(field))).isEqualTo(lastPart(theirs.get(field)));
          case "best_metric" -> assertCloseJson(field, ours.get(field), theirs.get(field));
          default -> assertThat(ours.get(field)).as(field).isEqualTo(theirs.get(field));
        }
      }
    }
  }

  @Test
  void a_run_of_python_goes_on_here_with_the_same_dropout() throws IOException {
    var run = new GoldenRun("steps");
    Trainer<Classifier.Example> trainer =
        run.trainer(
            run.arguments(folder)
                .resumeFromCheckpoint(
                    ResumeFrom.checkpoint(GOLDEN.resolve("steps").resolve("checkpoint-6")))
                .build());
    trainer.train();

    assertSameHistory(trainer.state().logHistory(), run.logHistory(), "train_loss");
    assertThat(trainer.state().bestGlobalStep()).hasValue(6);
  }

  private static void assertSameHistory(
      List<Json.Obj> ours, List<Json.Obj> theirs, String... besides) {
    assertThat(ours).hasSameSizeAs(theirs);
    for (int i = 0; i < theirs.size(); i++) {
      assertThat(withoutRates(ours.get(i)))
          .as("entry %d", i)
          .isEqualTo(withoutRates(theirs.get(i)));
      for (String name : withoutRates(theirs.get(i))) {
        if (List.of(besides).contains(name)) {
          continue;
        }
        if (Set.of("step", "epoch", "learning_rate", "eval_accuracy").contains(name)) {
          assertThat(ours.get(i).get(name)).as(name).isEqualTo(theirs.get(i).get(name));
        } else if (!name.endsWith("_runtime")) {
          assertCloseJson(name + " of entry " + i, ours.get(i).get(name), theirs.get(i).get(name));
        }
      }
    }
  }

  /** A run that takes no time at all has no rates. */
  private static Set<String> withoutRates(Json.Obj entry) {
    Set<String> names = new TreeSet<>(entry.members().keySet());
    names.removeIf(name -> name.endsWith("_per_second"));
    return names;
  }

  private static void assertCloseJson(String what, Json ours, Json theirs) {
    if (theirs instanceof Json.Num number) {
      assertThat(((Json.Num) ours).asDouble()).as(what).isCloseTo(number.asDouble(), within(2e-5));
    } else {
      assertThat(ours).as(what).isEqualTo(theirs);
    }
  }

  private static void assertClose(String what, float[] ours, float[] theirs) {
    assertThat(ours).as(what).hasSameSizeAs(theirs);
    for (int i = 0; i < ours.length; i++) {
      assertThat(ours[i]).as("%s[%d]", what, i).isCloseTo(theirs[i], within(2e-5f));
    }
  }

  private static String lastPart(Json path) {
    return path instanceof Json.Str text ? Path.of(text.value()).getFileName().toString() : "none";
  }

  private static List<Json.Obj> objects(Json.Arr array) {
    return array.items().stream().map(Json.Obj.class::cast).toList();
  }

  static Json.Obj json(Path file) throws IOException {
    return (Json.Obj) parse(file);
  }

  private static Json parse(Path file) throws IOException {
    return Json.parsePython(MemorySegment.ofArray(Files.readAllBytes(file)), file.toString());
  }

  private static StateDict weights(Path file) throws IOException {
    return SafeTensors.parse(MemorySegment.ofArray(Files.readAllBytes(file)), file.toString())
        .stateDict();
  }

  /** A run of make.py: its model at the start, its data and its arguments. */
  private static final class GoldenRun {
    private final String name;
    private final Json.Obj setting;
    private final Classifier model;

    GoldenRun(String name) throws IOException {
      torch.set_num_threads(1);
      this.name = name;
      this.setting = json(GOLDEN.resolve("expected.json")).object(name);
      this.model = new Classifier(setting.real("dropout"), false);
      ModuleState.of(model.module()).loadStateDict(weights(GOLDEN.resolve("model.safetensors")));
    }

    Classifier model() {
      return model;
    }

    List<Json.Obj> logHistory() throws IOException {
      return objects((Json.Arr) parse(GOLDEN.resolve(name).resolve("log_history.json")));
    }

    Trainer<Classifier.Example> trainer(TrainingArguments arguments) throws IOException {
      Trainer.Builder<Classifier.Example> builder =
          Trainer.<Classifier.Example>builder()
              .model(model)
              .arguments(arguments)
              .collator(Classifier::collate)
              .trainDataset(examples("train.json"))
              .evalDataset(
                  examples("eval.json").subList(0, (int) setting.integer("eval_examples")));
      if (setting.bool("metrics")) {
        builder.computeMetrics(ComputeMetrics.accuracy());
      }
      return builder.build();
    }

    TrainingArguments.Builder arguments(Path output) {
      TrainingArguments.Builder builder =
          TrainingArguments.builder().outputDir(output).optim(OptimizerType.ADAMW_TORCH);
      setting.object("arguments").members().forEach((name, value) -> set(builder, name, value));
      return builder;
    }

    private static void set(TrainingArguments.Builder builder, String name, Json value) {
      switch (name) {
        case "num_train_epochs" -> builder.numTrainEpochs(real(value));
        case "max_steps" -> builder.maxSteps((long) real(value));
        case "gradient_accumulation_steps" -> builder.gradientAccumulationSteps((int) real(value));
        case "learning_rate" -> builder.learningRate(real(value));
        case "lr_scheduler_type" -> builder.lrSchedulerType(SchedulerType.valueOf(upper(value)));
        case "warmup_steps" -> builder.warmupSteps(real(value));
        case "weight_decay" -> builder.weightDecay(real(value));
        case "max_grad_norm" -> builder.maxGradNorm(real(value));
        case "logging_strategy" -> builder.loggingStrategy(IntervalStrategy.valueOf(upper(value)));
        case "logging_steps" -> builder.loggingSteps(real(value));
        case "logging_first_step" -> builder.loggingFirstStep(((Json.Bool) value).value());
        case "eval_strategy" -> builder.evalStrategy(IntervalStrategy.valueOf(upper(value)));
        case "eval_steps" -> builder.evalSteps(real(value));
        case "eval_delay" -> builder.evalDelay(real(value));
        case "eval_on_start" -> builder.evalOnStart(((Json.Bool) value).value());
        case "save_strategy" -> builder.saveStrategy(CheckpointStrategy.valueOf(upper(value)));
        case "save_steps" -> builder.saveSteps(real(value));
        case "metric_for_best_model" -> builder.metricForBestModel(((Json.Str) value).value());
        case "load_best_model_at_end" -> builder.loadBestModelAtEnd(((Json.Bool) value).value());
        case "dataloader_drop_last" -> builder.dataloaderDropLast(((Json.Bool) value).value());
        case "data_seed" -> builder.dataSeed((long) real(value));
        default -> throw new IllegalArgumentException(name);
      }
    }

    private static double real(Json value) {
      return ((Json.Num) value).asDouble();
    }

    private static String upper(Json value) {
      return ((Json.Str) value).value().toUpperCase(java.util.Locale.ROOT);
    }

    private static List<Classifier.Example> examples(String file) throws IOException {
      List<Classifier.Example> examples = new ArrayList<>();
      for (Json.Obj one : objects((Json.Arr) parse(GOLDEN.resolve(file)))) {
        List<Float> x = one.array("x").items().stream().map(value -> (float) real(value)).toList();
        examples.add(new Classifier.Example(x, one.integer("labels")));
      }
      return examples;
    }
  }
}
