package io.github.checkpoint4j.cli;

import static io.github.checkpoint4j.cli.Run.ckpt;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A training in a JVM of its own that gets a signal. */
class SignalTest {
  private static final String ROOT = System.getProperty("checkpoint4j.root");

  @TempDir Path temporary;
  private Path run;
  private Path err;
  private Optional<Process> process = Optional.empty();

  @BeforeEach
  void name() {
    run = temporary.resolve("run");
    err = temporary.resolve("err");
  }

  /** Starts a training; returns when it is under way. */
  private void start(String saving) throws Exception {
    Path data = Files.writeString(temporary.resolve("d.tsv"), "0\tdull\n1\tfine\n".repeat(50));
    List<String> command = new ArrayList<>(Signals.asUsual());
    command.addAll(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            ClassPath.OF_TESTS,
            "io.github.checkpoint4j.cli.Ckpt",
            "train",
            "classify",
            "--model",
            Path.of(ROOT, "golden", "transformers", "tiny").toString(),
            "--train",
            data.toString(),
            "--output",
            run.toString(),
            "--max-steps",
            "1000000",
            "--save-steps",
            "3",
            "--threads",
            "1",
            saving));
    Process training =
        new ProcessBuilder(command)
            .redirectError(err.toFile())
            .redirectOutput(temporary.resolve("out").toFile())
            .start();
    process = Optional.of(training);
    while (!Files.exists(run.resolve("checkpoint-3"))) {
      assertThat(training.isAlive()).as(Files.readString(err)).isTrue();
      Thread.sleep(20);
    }
  }

  @AfterEach
  void end() {
    process.ifPresent(Process::destroyForcibly);
  }

  @ParameterizedTest
  @CsvSource({
    "INT, 130, --no-async-save",
    "TERM, 143, --no-async-save",
    "INT, 130, --async-save",
    "TERM, 143, --async-save"
  })
  void the_step_is_finished_a_checkpoint_saved_and_the_status_is_the_signals(
      String signal, int status, String saving) throws Exception {
    start(saving);
    Signals.send(signal, process.orElseThrow());

    assertThat(process.orElseThrow().waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.orElseThrow().exitValue()).isEqualTo(status);
    assertThat(Files.readString(err))
        .contains("stopping after the running step, with a checkpoint; in 5 minutes at the latest")
        .containsPattern("stopped after step \\d+; the same command again goes on from there");
    assertThat(ckpt("verify", run).status()).isZero();
    String stopped = Files.readString(err).replaceFirst("(?s).*stopped after step (\\d+);.*", "$1");
    assertThat(run.resolve("checkpoint-" + stopped)).isDirectory();
  }

  @ParameterizedTest
  @ValueSource(strings = {"--no-async-save", "--async-save"})
  void more_signals_meanwhile_change_nothing(String saving) throws Exception {
    start(saving);
    for (int i = 0; i < 5; i++) {
      Signals.send("TERM", process.orElseThrow());
      Signals.send("INT", process.orElseThrow());
    }

    assertThat(process.orElseThrow().waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.orElseThrow().exitValue()).isIn(130, 143);
    assertThat(ckpt("verify", run).status()).isZero();
    try (var left = Files.list(run)) {
      assertThat(left.map(path -> path.getFileName().toString()))
          .noneMatch(name -> name.contains(".tmp-"));
    }
  }
}
