package io.github.checkpoint4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.state.Value;
import io.github.checkpoint4j.store.Checkpoint;
import io.github.checkpoint4j.store.MappedFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A run that the Trainer of transformers began goes on here, and one that began here goes on there:
 * a BERT with weight decay and a cosine schedule, from a checkpoint in the middle of an epoch, is
 * what it would have been without the move.
 */
@Tag("interop")
class PythonRunInteropTest {
  private static final int STEPS = 40;
  private static final int MOVED_AT = 20;

  /** What rounding makes of the losses; the batches, rates and dropout masks are the same ones. */
  private static final double ROUNDING = 1e-5;

  @TempDir Path directory;
  private TinyTask task;

  @BeforeEach
  void write_the_data() throws IOException {
    task = new TinyTask(directory);
  }

  @ParameterizedTest
  @ValueSource(strings = {"0.0", "0.1"})
  void a_run_begun_in_python_goes_on_here_with_the_same_losses(String dropout) throws Exception {
    Path theirs = directory.resolve("theirs");
    python("start", TinyTask.model(), task.train(), theirs, dropout);
    Path ours = directory.resolve("ours");
    Path left = theirs.resolve("checkpoint-" + MOVED_AT);

    String said = ckpt(ours, "--resume", left.toString());

    assertThat(said).contains("resumed from checkpoint-" + MOVED_AT);
    Path last = ours.resolve("checkpoint-" + STEPS);
    requireSameLogs(history(last), history(theirs.resolve("log_history.json")));
    assertThat(generatorsOfPython(last)).hasSize(6).isEqualTo(generatorsOfPython(left));
    assertThat(last.resolve("tokenizer.json"))
        .hasSameBinaryContentAs(left.resolve("tokenizer.json"));
  }

  /** The batches, rates and losses are those of Python with the arguments in its pickle alone. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "20 | {}",
        "20 | {\"gradient_checkpointing\": true, \"gradient_checkpointing_kwargs\":"
            + " {\"use_reentrant\": true}}",
        "10 | {\"max_steps\": -1, \"num_train_epochs\": 2, \"save_strategy\": \"epoch\","
            + " \"per_device_train_batch_size\": 16, \"dataloader_drop_last\": true,"
            + " \"data_seed\": 11, \"adam_beta1\": 0.8, \"adam_beta2\": 0.99,"
            + " \"adam_epsilon\": 1e-6, \"max_grad_norm\": 0.1, \"optim\": \"adamw_torch\","
            + " \"lr_scheduler_type\": \"linear\", \"warmup_steps\": 0.2}",
        "15 | {\"max_steps\": 30, \"save_steps\": 0.5, \"optim\": \"sgd\", \"learning_rate\": 0.1,"
            + " \"train_sampling_strategy\": \"sequential\", \"logging_steps\": 3,"
            + " \"logging_first_step\": true, \"save_total_limit\": 2,"
            + " \"lr_scheduler_type\": \"constant\", \"max_grad_norm\": 0}",
      })
  void a_run_begun_in_python_goes_on_here_without_being_told_its_arguments(int step, String more)
      throws Exception {
    Path theirs = directory.resolve("theirs");
    python("start", TinyTask.model(), task.train(), theirs, "0.1", more);
    Path left = theirs.resolve("checkpoint-" + step);
    Files.writeString(left.resolve("chat_template.jinja"), "{{ messages }}");
    Path ours = directory.resolve("ours");
    List<String> arguments =
        List.of(
            "train",
            "classify",
            "--resume",
            left.toString(),
            "--train",
            task.train().toString(),
            "--output",
            ours.toString());

    try (var process = TrainingProcess.start(arguments)) {
      assertThat(process.await()).as(process.output()).isZero();
      assertThat(process.output())
          .contains("resumed from checkpoint-" + step)
          .doesNotContain("->")
          .doesNotContain("not supported");
    }

    Path last = ours.resolve("checkpoint-" + 2 * step);
    requireSameLogs(history(last), history(theirs.resolve("log_history.json")));
    assertThat(last.resolve("chat_template.jinja")).hasContent("{{ messages }}");
    assertThat(last.resolve("training_args.json"))
        .content()
        .contains("\"seed\": 7")
        .contains("\"gradient_checkpointing\": " + more.contains("gradient_checkpointing"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"0.0", "0.1"})
  void a_run_begun_here_goes_on_in_python_with_the_same_losses(String dropout) throws Exception {
    Path theirs = directory.resolve("theirs");
    python("start", TinyTask.model(), task.train(), theirs, dropout);
    Path init = theirs.resolve("init");
    Path ours = directory.resolve("ours");
    ckpt(ours, "--model", init.toString());
    Path moved = directory.resolve("moved");
    Path left = ours.resolve("checkpoint-" + MOVED_AT);

    python("resume", init, task.train(), moved, left);

    List<Map<String, Double>> here = history(ours.resolve("checkpoint-" + STEPS));
    requireSameLogs(history(moved.resolve("log_history.json")), here);
  }

  private static void requireSameLogs(
      List<Map<String, Double>> found, List<Map<String, Double>> expected) {
    assertThat(found).hasSameSizeAs(expected).hasSizeGreaterThan(10);
    for (int i = 0; i < expected.size(); i++) {
      Map<String, Double> logged = found.get(i);
      Map<String, Double> wanted = expected.get(i);
      assertThat(logged.get("step")).isEqualTo(wanted.get("step"));
      assertThat(logged.get("epoch")).isEqualTo(wanted.get("epoch"));
      assertThat(logged.get("learning_rate"))
          .as("learning rate of step %s", wanted.get("step"))
          .isEqualTo(wanted.get("learning_rate"));
      assertThat(logged.get("loss"))
          .as("loss of step %s", wanted.get("step"))
          .isEqualTo(wanted.get("loss"), within(ROUNDING));
    }
  }

  /** Trains here in a JVM of its own; what it said. */
  private String ckpt(Path run, String... more) throws Exception {
    List<String> options =
        new ArrayList<>(
            List.of(
                "--max-steps",
                String.valueOf(STEPS),
                "--learning-rate",
                "1e-3",
                "--weight-decay",
                "0.01",
                "--lr-scheduler",
                "cosine",
                "--warmup-steps",
                "5",
                "--logging-steps",
                "1",
                "--save-steps",
                String.valueOf(MOVED_AT)));
    options.addAll(List.of(more));
    try (var process =
        TrainingProcess.start(task.unevaluated(run, options.toArray(String[]::new)))) {
      assertThat(process.await()).as(process.output()).isZero();
      return process.output();
    }
  }

  /** What was logged of the training at each step. */
  private static List<Map<String, Double>> history(Path file) throws IOException {
    Json.Arr logged;
    if (Files.isDirectory(file)) {
      try (Checkpoint checkpoint = Checkpoint.open(file)) {
        logged = checkpoint.json("trainer_state.json").array("log_history");
      }
    } else {
      try (MappedFile mapped = MappedFile.open(file)) {
        logged = (Json.Arr) Json.parsePython(mapped.bytes(), file.toString());
      }
    }
    return logged.items().stream()
        .map(item -> (Json.Obj) item)
        .filter(entry -> entry.find("loss").isPresent())
        .map(PythonRunInteropTest::numbers)
        .toList();
  }

  private static Map<String, Double> numbers(Json.Obj entry) {
    Map<String, Double> numbers = new TreeMap<>();
    for (String name : List.of("step", "epoch", "loss", "learning_rate")) {
      numbers.put(name, entry.real(name));
    }
    return numbers;
  }

  /** The states of Python's own generator and of numpy's, which nothing here draws from. */
  private static List<Object> generatorsOfPython(Path directory) throws IOException {
    try (Checkpoint checkpoint = Checkpoint.open(directory)) {
      StateDict states = checkpoint.state("rng");
      List<Object> generators = new ArrayList<>(List.of(states.get("python")));
      for (Value part : ((Value.Tuple) states.get("numpy")).values()) {
        generators.add(
            part instanceof Value.NdArray(Tensor words)
                ? Arrays.toString(words.toByteArray())
                : part);
      }
      return generators;
    }
  }

  private void python(Object... arguments) throws Exception {
    String python = System.getProperty("checkpoint4j.python", "");
    assertThat(python).as("-Dpython=, an interpreter with transformers").isNotEmpty();
    Path script = directory.resolve("classify.py");
    try (InputStream in = PythonRunInteropTest.class.getResourceAsStream("classify.py")) {
      assertThat(in).isNotNull();
      Files.write(script, in.readAllBytes());
    }
    List<String> command = new ArrayList<>(List.of(python, "-B", script.toString()));
    for (Object argument : arguments) {
      command.add(argument.toString());
    }
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("OMP_NUM_THREADS", "1");
    builder.environment().put("HF_HUB_OFFLINE", "1");
    Process process = builder.start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
  }
}
