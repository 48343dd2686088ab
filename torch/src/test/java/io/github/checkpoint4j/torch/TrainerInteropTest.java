package io.github.checkpoint4j.torch;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.store.Checkpoint;
import io.github.checkpoint4j.store.LocalStorage;
import io.github.checkpoint4j.store.Sharding;
import io.github.checkpoint4j.store.TrainerLayout;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Runs of the live Trainer of transformers, and runs that go to and fro between it and this one.
 */
@Tag("interop")
class TrainerInteropTest {
  private static final Path SCRIPTS =
      Path.of(System.getProperty("checkpoint4j.root"), "golden", "trainer");

  @TempDir private Path folder;

  @Test
  void runs_made_now_log_save_and_end_the_same() throws IOException, InterruptedException {
    python("make.py", folder);
    for (String name :
        List.of(
            "steps",
            "accumulation",
            "epochs",
            "ratios",
            "best",
            "early",
            "by_length",
            "by_length_accumulated")) {
      var run = new GoldenRun(folder, name);
      Path output = folder.resolve("java").resolve(name);
      Trainer<Classifier.Example> trainer = run.trainer(run.arguments(output).build());
      trainer.train();

      run.assertSameEnd(trainer);
      run.assertSameCheckpoints(output);
    }
  }

  /** Arguments of saving, evaluating and logging, beside those of every run. */
  private static final Map<String, String> MATRIX =
      Map.ofEntries(
          Map.entry(
              "best_of_steps",
              """
              "eval_strategy": "steps", "eval_steps": 2, "save_strategy": "best", "save_total_limit": 1,
              "metric_for_best_model": "accuracy", "load_best_model_at_end": true, "logging_steps": 3
              """),
          Map.entry(
              "best_of_epochs",
              """
              "eval_strategy": "epoch", "save_strategy": "best", "metric_for_best_model": "eval_loss",
              "eval_delay": 1, "logging_strategy": "epoch"
              """),
          Map.entry(
              "epochs_delayed_limited",
              """
              "eval_strategy": "epoch", "save_strategy": "epoch", "eval_delay": 2, "save_total_limit": 2,
              "metric_for_best_model": "accuracy", "load_best_model_at_end": true, "logging_steps": 4
              """),
          Map.entry(
              "shares_limited",
              """
              "eval_strategy": "steps", "eval_steps": 0.1, "save_steps": 0.2, "logging_steps": 0.15,
              "save_total_limit": 2, "metric_for_best_model": "loss", "load_best_model_at_end": false,
              "eval_delay": 14
              """),
          Map.entry(
              "saved_every_evaluation_limited",
              """
              "eval_strategy": "steps", "eval_steps": 2, "save_steps": 2, "save_total_limit": 2,
              "load_best_model_at_end": true, "logging_steps": 50, "logging_first_step": true
              """),
          Map.entry(
              "less_accuracy_is_better",
              """
              "eval_strategy": "steps", "eval_steps": 3, "save_steps": 3, "save_total_limit": 2,
              "metric_for_best_model": "accuracy", "greater_is_better": false,
              "load_best_model_at_end": true, "logging_strategy": "no"
              """),
          Map.entry(
              "never_saved",
              """
              "eval_strategy": "steps", "logging_steps": 4, "save_strategy": "no",
              "metric_for_best_model": "accuracy", "eval_on_start": true
              """),
          Map.entry("limit_alone", "\"save_steps\": 2, \"save_total_limit\": 3"),
          Map.entry("limit_of_none", "\"save_steps\": 5, \"save_total_limit\": 0"),
          Map.entry("limit_of_one", "\"save_steps\": 5, \"save_total_limit\": 1, \"seed\": 3"),
          Map.entry("saved_at_the_end_alone", "\"save_steps\": 0, \"logging_steps\": 0.5"),
          Map.entry(
              "delayed_steps",
              """
              "eval_strategy": "steps", "eval_steps": 4, "eval_delay": 6, "save_steps": 7,
              "save_only_model": true, "data_seed": 11, "logging_steps": 6
              """),
          Map.entry(
              "in_order",
              """
              "train_sampling_strategy": "sequential", "gradient_accumulation_steps": 2,
              "dataloader_drop_last": true, "save_strategy": "epoch", "logging_steps": 2
              """));

  @Test
  void whatever_the_arguments_of_saving_the_same_is_logged_and_left_on_the_disk()
      throws IOException, InterruptedException {
    Map<String, Json> runs = new TreeMap<>();
    for (Map.Entry<String, String> arguments : MATRIX.entrySet()) {
      runs.put(
          arguments.getKey(),
          GoldenRun.json(
              """
              {"dropout": 0.25, "metrics": true, "eval_examples": 13, "arguments":
               {"num_train_epochs": 3.5, "learning_rate": 0.05, "warmup_steps": 2, %s}}
              """
                  .formatted(arguments.getValue())));
    }
    Path file = folder.resolve("runs.json");
    Files.writeString(file, Json.object(runs).toIndentedText());
    python("make.py", folder, file);
    int checkpoints = 0;
    for (String name : runs.keySet()) {
      var run = new GoldenRun(folder, name);
      Path output = folder.resolve("java").resolve(name);
      Trainer<Classifier.Example> trainer = run.trainer(run.arguments(output).build());
      trainer.train();

      try {
        run.assertSameEnd(trainer);
        run.assertSameCheckpoints(output);
      } catch (AssertionError e) {
        throw new AssertionError("run " + name, e);
      }
      checkpoints += Objects.requireNonNull(output.toFile().list()).length - 1;
    }
    assertThat(checkpoints).isGreaterThan(20);
  }

  @Test
  void a_run_in_groups_of_a_length_goes_on_in_python_and_in_java_as_python_would()
      throws IOException, InterruptedException {
    var run = new GoldenRun("by_length");
    Path ours = folder.resolve("ours");
    run.trainer(run.arguments(ours).build()).train();
    Path theirs = folder.resolve("theirs");
    python("resume.py", ours.resolve("checkpoint-4"), theirs, "by_length");

    // The order of the first epoch is that of the seed, which the Trainer of Python takes.
    assertSameHistory(theirs, run.logHistory());
    Path left = theirs.resolve("checkpoint-8");
    Path again = folder.resolve("again");
    python("resume.py", left, again, "by_length");
    var back = new GoldenRun("by_length");
    List<String> changes = new ArrayList<>();
    Trainer<Classifier.Example> trainer =
        back.builder(
                back.arguments(folder.resolve("back"))
                    .resumeFromCheckpoint(ResumeFrom.checkpoint(left))
                    .build())
            .callback(
                new TrainerCallback() {
                  @Override
                  public void onResume(
                      TrainingArguments arguments,
                      TrainerState state,
                      TrainerControl control,
                      Resumption resumption) {
                    resumption.changes().forEach(change -> changes.add(change.toString()));
                  }
                })
            .build();
    trainer.train();

    assertSameHistory(again, trainer.state().logHistory());
    assertThat(changes)
        .contains(
            "order_of_epoch \"not saved\" -> \"drawn from the seed, as Python's Trainer draws it when"
                + " it goes on\" (applied)");
  }

  private static void assertSameHistory(Path python, List<Json.Obj> expected) throws IOException {
    List<Json.Obj> logged =
        GoldenRun.objects((Json.Arr) GoldenRun.parse(python.resolve("log_history.json")));
    GoldenRun.assertSameHistory(logged, expected, "train_loss");
  }

  @Test
  void an_epoch_that_is_begun_again_is_what_it_is_in_python()
      throws IOException, InterruptedException {
    var run = new GoldenRun("steps");
    Path ours = folder.resolve("ours");
    run.trainer(run.arguments(ours).build()).train();
    Path left = ours.resolve("checkpoint-6");
    Path theirs = folder.resolve("theirs");
    python("resume.py", left, theirs, "steps", "{\"ignore_data_skip\": true}");

    var again = new GoldenRun("steps");
    Trainer<Classifier.Example> trainer =
        again.trainer(
            again
                .arguments(folder.resolve("again"))
                .resumeFromCheckpoint(ResumeFrom.checkpoint(left))
                .ignoreDataSkip(true)
                .build());
    trainer.train();

    List<Json.Obj> logged =
        GoldenRun.objects((Json.Arr) GoldenRun.parse(theirs.resolve("log_history.json")));
    GoldenRun.assertSameHistory(trainer.state().logHistory(), logged, "train_loss");
    assertThat(trainer.state().epoch()).isEqualTo(1.8);
  }

  @Test
  void a_run_begun_here_goes_on_in_python_and_comes_back()
      throws IOException, InterruptedException {
    var run = new GoldenRun("steps");
    Path ours = folder.resolve("ours");
    run.trainer(run.arguments(ours).build()).train();
    Path theirs = folder.resolve("theirs");
    python("resume.py", ours.resolve("checkpoint-6"), theirs);

    List<Json.Obj> logged =
        GoldenRun.objects((Json.Arr) GoldenRun.parse(theirs.resolve("log_history.json")));
    GoldenRun.assertSameHistory(logged, run.logHistory(), "train_loss");

    for (Path later : List.of(theirs.resolve("checkpoint-9"), theirs.resolve("checkpoint-10"))) {
      assertThat(later.resolve("trainer_state.json")).content().contains("Checkpoint4jPosition");
    }
    remove(theirs.resolve("checkpoint-10"));
    var back = new GoldenRun("steps");
    Trainer<Classifier.Example> trainer = back.trainer(back.arguments(theirs).build());
    trainer.train();

    assertThat(trainer.state().globalStep()).isEqualTo(10);
    // Python's Trainer begins the average of the loss anew at a resume: step 10 is as logged there.
    GoldenRun.assertSameHistory(
        trainer.state().logHistory(), run.logHistory(), "train_loss", "loss");
  }

  @Test
  void early_stopping_counts_and_stops_as_pythons_does() throws IOException, InterruptedException {
    var random = new Random(1);
    List<StoppingCase> cases = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      cases.add(StoppingCase.random(random));
    }
    Path file = folder.resolve("cases.json");
    Files.writeString(
        file, new Json.Arr(cases.stream().<Json>map(StoppingCase::json).toList()).toIndentedText());

    String printed = python("early_stopping.py", file);

    Json answers =
        Json.parsePython(
            MemorySegment.ofArray(
                printed.lines().toList().getLast().getBytes(StandardCharsets.UTF_8)),
            "early_stopping.py");
    List<Json.Obj> theirs = GoldenRun.objects((Json.Arr) answers);
    assertThat(theirs).hasSameSizeAs(cases);
    int stopped = 0;
    for (int i = 0; i < cases.size(); i++) {
      StoppingCase.Course ours = cases.get(i).course();
      assertThat(ours.stops()).as("%s", cases.get(i)).isEqualTo(theirs.get(i).array("stops"));
      assertThat(ours.states()).as("%s", cases.get(i)).isEqualTo(theirs.get(i).array("states"));
      assertThat(theirs.get(i).bool("same")).as("%s", cases.get(i)).isTrue();
      stopped += ours.stops().items().contains(Json.of(true)) ? 1 : 0;
    }
    assertThat(stopped).isBetween(50, 250);
  }

  @Test
  void a_run_with_early_stopping_begun_here_stops_in_python_where_it_would_have()
      throws IOException, InterruptedException {
    var run = new GoldenRun("early");
    Path ours = folder.resolve("ours");
    Trainer<Classifier.Example> trainer = run.trainer(run.arguments(ours).build());
    trainer.train();
    assertThat(trainer.state().globalStep()).isEqualTo(8);
    Path theirs = folder.resolve("theirs");

    python("resume.py", ours.resolve("checkpoint-4"), theirs, "early");

    List<Json.Obj> logged =
        GoldenRun.objects((Json.Arr) GoldenRun.parse(theirs.resolve("log_history.json")));
    assertThat(logged.getLast().integer("step")).isEqualTo(8);
    assertThat(
            GoldenRun.json(theirs.resolve("checkpoint-8/trainer_state.json"))
                .object("stateful_callbacks")
                .get("EarlyStoppingCallback"))
        .isEqualTo(
            GoldenRun.json(ours.resolve("checkpoint-8/trainer_state.json"))
                .object("stateful_callbacks")
                .get("EarlyStoppingCallback"));
  }

  static Stream<Sharding> shardings() {
    return Stream.of(
        Sharding.DEFAULT.withFrozen(Set.of("hidden.weight", "hidden.bias")),
        Sharding.DEFAULT.withMaxShardSize(100));
  }

  @ParameterizedTest
  @MethodSource("shardings")
  void a_run_whose_model_is_in_shards_goes_on_in_python(Sharding sharding)
      throws IOException, InterruptedException {
    var run = new GoldenRun("steps");
    Path ours = folder.resolve("ours");
    run.trainer(run.arguments(ours).build()).train();
    Path checkpoint = ours.resolve("checkpoint-6");
    Map<String, FileContent> shards;
    try (Checkpoint open = Checkpoint.open(checkpoint)) {
      StateDict model = HeapCopy.of(open.state("model"));
      shards = TrainerLayout.files("model", model, sharding);
    }
    assertThat(shards).hasSizeGreaterThan(2);
    Files.delete(checkpoint.resolve("model.safetensors"));
    for (Map.Entry<String, FileContent> shard : shards.entrySet()) {
      LocalStorage.instance().write(checkpoint.resolve(shard.getKey()), shard.getValue());
    }
    Path theirs = folder.resolve("theirs");
    python("resume.py", checkpoint, theirs);

    List<Json.Obj> logged =
        GoldenRun.objects((Json.Arr) GoldenRun.parse(theirs.resolve("log_history.json")));
    GoldenRun.assertSameHistory(logged, run.logHistory(), "train_loss");
  }

  @Test
  void a_run_of_python_whose_model_is_in_shards_goes_on_here()
      throws IOException, InterruptedException {
    var run = new GoldenRun("steps");
    Path checkpoint = Files.createDirectory(folder.resolve("checkpoint-6"));
    try (Stream<Path> files = Files.list(run.folder().resolve("checkpoint-6"))) {
      for (Path file : files.toList()) {
        Files.copy(file, checkpoint.resolve(file.getFileName()));
      }
    }
    python("shard.py", checkpoint, 100);
    assertThat(checkpoint.resolve("model.safetensors")).doesNotExist();
    assertThat(checkpoint.resolve("model-00003-of-00003.safetensors")).exists();
    Trainer<Classifier.Example> trainer =
        run.trainer(
            run.arguments(folder.resolve("run"))
                .resumeFromCheckpoint(ResumeFrom.checkpoint(checkpoint))
                .build());
    trainer.train();

    GoldenRun.assertSameHistory(trainer.state().logHistory(), run.logHistory(), "train_loss");
  }

  private static void remove(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(directory);
  }

  private static String python(String script, Object... arguments)
      throws IOException, InterruptedException {
    String python = System.getProperty("checkpoint4j.python", "");
    assertThat(python).as("-Dpython=, an interpreter with torch and transformers").isNotEmpty();
    List<String> command =
        Stream.concat(Stream.of(python, "-B", SCRIPTS.resolve(script)), Stream.of(arguments))
            .map(Object::toString)
            .toList();
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    return output;
  }
}
