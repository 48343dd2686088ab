package io.github.checkpoint4j.cli;

import static io.github.checkpoint4j.cli.Run.ckpt;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.format.Json;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Training that ends early, on a BERT of two small layers whose learning rate is 0. */
class EarlyStoppingTest {
  @TempDir Path directory;
  private TinyTask task;
  private Path run;

  @BeforeEach
  void write_the_data() throws IOException {
    task = new TinyTask(directory);
    run = directory.resolve("run");
  }

  /** Evaluations at every second step, none better than the first. */
  private Run train(String... more) {
    List<String> schedule =
        List.of("--max-steps", "20", "--save-steps", "2", "--learning-rate", "0");
    return ckpt(
        task.arguments(
                run, Stream.concat(schedule.stream(), Stream.of(more)).toArray(String[]::new))
            .toArray());
  }

  private Json.Obj states(long step) throws IOException {
    return (Json.Obj)
        Json.parsePython(
            MemorySegment.ofArray(
                Files.readAllBytes(run.resolve("checkpoint-" + step + "/trainer_state.json"))),
            "trainer_state.json");
  }

  @Test
  void a_run_ends_when_the_patience_does_and_again_at_once() throws IOException {
    Run train = train("--early-stopping-patience", "3");

    assertThat(train.status()).as(train.err()).isZero();
    assertThat(train.err())
        .contains("stopped early at step 8: in 3 evaluations no better eval_accuracy")
        .contains("loaded the best model, of checkpoint-2")
        .contains(run + " is complete, 8 steps; best: checkpoint-2")
        .contains("Go on with a greater --early-stopping-patience, ");
    assertThat(
            states(8)
                .object("stateful_callbacks")
                .object("EarlyStoppingCallback")
                .object("attributes")
                .integer("early_stopping_patience_counter"))
        .isEqualTo(3);

    Run again = train();
    assertThat(again.status()).isZero();
    assertThat(again.err())
        .contains("stopped early at step 8: in 3 evaluations no better eval_accuracy")
        .doesNotContain("saved checkpoint");

    Run patient = train("--early-stopping-patience", "5");
    assertThat(patient.err())
        .contains("early_stopping_patience 3 -> 5 (applied)", "stopped early at step 12");
  }

  @Test
  void without_patience_a_run_goes_to_its_end() {
    train("--early-stopping-patience", "3");

    Run never = train("--early-stopping-patience", "0");

    assertThat(never.err())
        .contains("-> null (applied)")
        .contains(" is complete, 20 steps", "Go on with a greater --max-steps")
        .doesNotContain("stopped early");
  }

  @Test
  void options_that_make_no_sense_are_usage_errors() {
    assertThat(train("--early-stopping-patience", "-1").err())
        .contains("--early-stopping-patience is -1")
        .hasLineCount(1);
    assertThat(train("--early-stopping-threshold", "0.5"))
        .isEqualTo(
            new Run(
                2,
                "",
                "ckpt train classify: --early-stopping-threshold needs --early-stopping-patience\n"));
    Run blind =
        ckpt(
            "train",
            "classify",
            "--model",
            TinyTask.model(),
            "--train",
            task.train(),
            "--output",
            run,
            "--early-stopping-patience",
            "2");
    assertThat(blind.status()).isEqualTo(2);
    assertThat(blind.err())
        .endsWith("--early-stopping-patience needs data for evaluations; give it with --eval\n");
    assertThat(run).doesNotExist();
  }

  @Test
  void a_run_killed_at_the_end_of_its_patience_ends_there() throws Exception {
    List<String> arguments =
        task.arguments(
            run,
            "--max-steps",
            "20",
            "--save-steps",
            "2",
            "--learning-rate",
            "0",
            "--early-stopping-patience",
            "3");
    try (TrainingProcess first = TrainingProcess.start(arguments)) {
      first.awaitLine(line -> line.contains("saved checkpoint-6 "));
      first.kill();
    }

    Run on = ckpt(arguments.toArray());

    assertThat(on.status()).as(on.err()).isZero();
    assertThat(on.err()).contains("stopped early at step 8: in 3 evaluations");
    assertThat(run.resolve("checkpoint-10")).doesNotExist();
  }
}
