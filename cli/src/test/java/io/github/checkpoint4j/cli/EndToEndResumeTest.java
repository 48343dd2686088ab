package io.github.checkpoint4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.state.Value;
import io.github.checkpoint4j.store.Checkpoint;
import java.io.IOException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A run that is killed and started again is the run that was never killed: bit for bit, in JVMs of
 * their own, with dropout.
 */
class EndToEndResumeTest {
  /** Three epochs of 22 batches less a bit, so that both saves are in the middle of an epoch. */
  private static final String[] SCHEDULE = {
    "--max-steps",
    "60",
    "--save-steps",
    "15",
    "--eval-steps",
    "15",
    "--logging-steps",
    "4",
    "--learning-rate",
    "1e-3",
    "--warmup-steps",
    "10"
  };

  @TempDir Path directory;
  private TinyTask task;

  @BeforeEach
  void write_the_data() throws IOException {
    task = new TinyTask(directory);
  }

  @ParameterizedTest
  @ValueSource(strings = {"--no-async-save", "--async-save"})
  void twice_n_steps_are_n_steps_a_kill_and_n_steps(String saving) throws Exception {
    Path straight = directory.resolve("straight");
    Path killed = directory.resolve("killed");
    finish(task.arguments(straight, SCHEDULE));
    try (TrainingProcess first = TrainingProcess.start(task.arguments(killed, saving, SCHEDULE))) {
      first.awaitLine(line -> line.contains("saved checkpoint-30 "));
      first.kill();
      assertThat(first.acknowledged()).doesNotContain(60L);
    }
    String second = finish(task.arguments(killed, SCHEDULE));

    assertThat(second).contains("resumed from checkpoint-");
    assertThat(digests(killed.resolve("checkpoint-60")))
        .hasSizeGreaterThan(100)
        .isEqualTo(digests(straight.resolve("checkpoint-60")));
    assertThat(losses(killed.resolve("checkpoint-60")))
        .hasSize(15)
        .isEqualTo(losses(straight.resolve("checkpoint-60")));
  }

  @Test
  void a_run_killed_many_times_is_still_the_same_run() throws Exception {
    Path straight = directory.resolve("straight");
    Path killed = directory.resolve("killed");
    finish(task.arguments(straight, SCHEDULE));
    for (long step = 15; step < 60; step += 15) {
      String saved = "saved checkpoint-" + step + " ";
      try (TrainingProcess run = TrainingProcess.start(task.arguments(killed, SCHEDULE))) {
        run.awaitLine(line -> line.contains(saved));
        run.kill();
      }
    }
    finish(task.arguments(killed, SCHEDULE));

    assertThat(digests(killed.resolve("checkpoint-60")))
        .isEqualTo(digests(straight.resolve("checkpoint-60")));
    assertThat(losses(killed.resolve("checkpoint-60")))
        .isEqualTo(losses(straight.resolve("checkpoint-60")));
  }

  @Test
  void another_seed_is_another_run() throws Exception {
    Path one = directory.resolve("one");
    Path other = directory.resolve("other");
    finish(task.arguments(one, "--max-steps", "5", "--save-steps", "5"));
    finish(task.seeded(8, other, "--max-steps", "5", "--save-steps", "5"));

    assertThat(digests(one.resolve("checkpoint-5")))
        .isNotEqualTo(digests(other.resolve("checkpoint-5")));
  }

  private static String finish(List<String> arguments) throws Exception {
    try (TrainingProcess process = TrainingProcess.start(arguments)) {
      assertThat(process.await()).as(process.output()).isZero();
      return process.output();
    }
  }

  /** SHA-256 of every tensor of the model, the optimizer and the random state, by name. */
  private static Map<String, String> digests(Path checkpoint) throws Exception {
    Map<String, String> digests = new TreeMap<>();
    try (Checkpoint open = Checkpoint.open(checkpoint)) {
      for (String component : List.of("model", "optimizer", "rng")) {
        add(component, open.state(component), digests);
      }
    }
    return digests;
  }

  private static void add(String name, Value value, Map<String, String> digests)
      throws NoSuchAlgorithmException {
    switch (value) {
      case Tensor tensor -> {
        MessageDigest sha = MessageDigest.getInstance("SHA-256");
        sha.update(tensor.toByteArray());
        digests.put(name + " " + tensor, HexFormat.of().formatHex(sha.digest()));
      }
      case StateDict dict -> {
        for (Map.Entry<String, Value> entry : dict.entries().entrySet()) {
          add(name + "." + entry.getKey(), entry.getValue(), digests);
        }
      }
      case Value.Dict dict -> {
        for (Map.Entry<Value, Value> entry : dict.entries().entrySet()) {
          add(name + "." + entry.getKey(), entry.getValue(), digests);
        }
      }
      default -> digests.put(name, value.toString());
    }
  }

  /** What was logged of the training, without what depends on the clock. */
  private static List<Map<String, String>> losses(Path checkpoint) throws IOException {
    try (Checkpoint open = Checkpoint.open(checkpoint)) {
      return open.json("trainer_state.json").array("log_history").items().stream()
          .map(item -> ((Json.Obj) item).members())
          .filter(entry -> entry.containsKey("loss"))
          .map(EndToEndResumeTest::texts)
          .toList();
    }
  }

  private static Map<String, String> texts(Map<String, Json> entry) {
    Map<String, String> texts = new TreeMap<>();
    for (String name : List.of("step", "epoch", "loss", "grad_norm", "learning_rate")) {
      texts.put(name, String.valueOf(entry.get(name)));
    }
    return texts;
  }
}
