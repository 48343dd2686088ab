package io.github.checkpoint4j.torch;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.format.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
    for (String name : List.of("steps", "accumulation", "epochs", "ratios")) {
      var run = new GoldenRun(folder, name);
      Path output = folder.resolve("java").resolve(name);
      Trainer<Classifier.Example> trainer = run.trainer(run.arguments(output).build());
      trainer.train();

      run.assertSameEnd(trainer);
      run.assertSameCheckpoints(output);
    }
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

  private static void remove(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(directory);
  }

  private static void python(String script, Object... arguments)
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
  }
}
