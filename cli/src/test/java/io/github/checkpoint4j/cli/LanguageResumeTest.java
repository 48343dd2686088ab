package io.github.checkpoint4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.store.Checkpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Runs of the language verbs that are killed, or stopped by a signal, are the runs that were not:
 * bit for bit, in JVMs of their own, with dropout or masks that are drawn.
 */
class LanguageResumeTest {
  private static final List<Object> SCHEDULE =
      List.of(
          "--max-steps",
          "40",
          "--save-steps",
          "10",
          "--eval-steps",
          "5",
          "--logging-steps",
          "2",
          "--learning-rate",
          "1e-3",
          "--warmup-steps",
          "5");

  @TempDir Path directory;
  private TinyTexts data;

  @BeforeEach
  void write_the_data() throws IOException {
    data = new TinyTexts(directory);
  }

  @ParameterizedTest
  @ValueSource(strings = {"lm", "seq2seq", "mlm"})
  void twice_n_steps_are_n_steps_a_kill_and_n_steps(String task) throws Exception {
    Path straight = directory.resolve("straight");
    Path killed = directory.resolve("killed");
    List<Object> more = new ArrayList<>(SCHEDULE);
    if (!task.equals("mlm")) {
      more.addAll(List.of("--model", withDropout(task)));
    }
    finish(arguments(task, straight, more));
    try (TrainingProcess first = start(arguments(task, killed, more))) {
      first.awaitLine(line -> line.contains("saved checkpoint-20 "));
      first.kill();
      assertThat(first.acknowledged()).doesNotContain(40L);
    }
    String second = finish(arguments(task, killed, more));

    assertThat(second).contains("resumed from checkpoint-").doesNotContain("->", "loaded\n");
    requireSame(killed.resolve("checkpoint-40"), straight.resolve("checkpoint-40"));
  }

  /** A model with dropout: a new one has none. */
  private Path withDropout(String task) throws IOException {
    Path run = directory.resolve("first");
    Run train = Run.ckpt(arguments(task, run, List.of()).toArray());
    assertThat(train.status()).as(train.err()).isZero();
    Path model = run.resolve("checkpoint-4");
    Path config = model.resolve("config.json");
    String text = Files.readString(config);
    String dropped =
        text.replaceAll(
            "(\"(?:attn_pdrop|embd_pdrop|resid_pdrop|dropout_rate)\": )[0-9.]+", "$10.2");
    assertThat(dropped).isNotEqualTo(text);
    Path copy = Files.createDirectory(directory.resolve("dropout"));
    try (Stream<Path> files = Files.list(model)) {
      for (Path file : files.toList()) {
        String name = file.getFileName().toString();
        if (name.equals("model.safetensors") || name.startsWith("tokenizer")) {
          Files.copy(file, copy.resolve(name));
        }
      }
    }
    Files.writeString(copy.resolve("config.json"), dropped);
    if (task.equals("seq2seq")) {
      Files.copy(model.resolve(TrainingTask.FILE), copy.resolve(TrainingTask.FILE));
    }
    return copy;
  }

  private List<Object> arguments(String task, Path run, List<Object> more) {
    Object[] words = more.toArray();
    return switch (task) {
      case "lm" -> data.lm(run, words);
      case "seq2seq" -> data.seq2seq(run, words);
      default -> data.mlm(run, words);
    };
  }

  private static TrainingProcess start(List<Object> arguments) throws IOException {
    return TrainingProcess.start(arguments.stream().map(Object::toString).toList());
  }

  private static String finish(List<Object> arguments) throws Exception {
    try (TrainingProcess process = start(arguments)) {
      assertThat(process.await()).as(process.output()).isZero();
      return process.output();
    }
  }

  private static void requireSame(Path found, Path expected) throws IOException {
    for (String file : List.of("model.safetensors", "optimizer.pt", "rng_state.pth")) {
      assertThat(found.resolve(file)).hasSameBinaryContentAs(expected.resolve(file));
    }
    assertThat(history(found)).hasSizeGreaterThan(20).isEqualTo(history(expected));
  }

  /** What was logged, without what depends on the clock. */
  private static List<String> history(Path checkpoint) throws IOException {
    try (Checkpoint open = Checkpoint.open(checkpoint)) {
      return open.json("trainer_state.json").array("log_history").items().stream()
          .map(
              item ->
                  ((Json.Obj) item)
                      .members().entrySet().stream()
                          .filter(entry -> !entry.getKey().matches(".*(runtime|per_second)"))
                          .toList()
                          .toString())
          .toList();
    }
  }

  @Test
  void a_signal_ends_it_with_a_checkpoint() throws Exception {
    Path run = directory.resolve("run");
    List<Object> endless = List.of("--max-steps", "1000000", "--save-steps", "10");
    try (TrainingProcess training = start(data.seq2seq(run, endless.toArray()))) {
      training.awaitLine(line -> line.contains("saved checkpoint-10 "));
      training.signal("TERM");

      assertThat(training.await()).isEqualTo(143);
      assertThat(training.output())
          .contains("stopping after the running step, with a checkpoint")
          .containsPattern("stopped after step \\d+; the same command again goes on from there");
    }
    assertThat(Run.ckpt("verify", run).status()).isZero();
  }
}
