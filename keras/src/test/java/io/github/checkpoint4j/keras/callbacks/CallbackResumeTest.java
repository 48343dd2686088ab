package io.github.checkpoint4j.keras.callbacks;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.torch.CheckpointStrategy;
import io.github.checkpoint4j.torch.IntervalStrategy;
import io.github.checkpoint4j.torch.ModuleState;
import io.github.checkpoint4j.torch.TrainResult;
import io.github.checkpoint4j.torch.Trainer;
import io.github.checkpoint4j.torch.TrainerCallback;
import io.github.checkpoint4j.torch.TrainerControl;
import io.github.checkpoint4j.torch.TrainerState;
import io.github.checkpoint4j.torch.TrainingArguments;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A run that was stopped or killed writes the files, and ends with the weights, of one that was
 * not.
 */
class CallbackResumeTest {
  @TempDir private Path folder;

  /** All that a run leaves. */
  private record Left(
      Map<String, String> files, Map<String, String> checkpoint, String weights, long steps) {}

  private static PrintStream into(ByteArrayOutputStream printed) {
    return new PrintStream(printed, true, StandardCharsets.UTF_8);
  }

  private Left straight(CheckpointStrategy saving, IntervalStrategy evaluating) throws IOException {
    Path place = folder.resolve("straight");
    var run = new Run(place, saving, evaluating);
    Classifier model = Run.model(7);
    TrainResult result =
        run.trainer(
                run.arguments().build(), model, run.callbacks(into(new ByteArrayOutputStream())))
            .train();
    return left(place, model, result);
  }

  @ParameterizedTest
  @CsvSource({"STEPS, EPOCH", "EPOCH, STEPS"})
  void a_run_stopped_after_every_step_leaves_what_an_undisturbed_one_leaves(
      CheckpointStrategy saving, IntervalStrategy evaluating) throws IOException {
    Left straight = straight(saving, evaluating);
    assertThat(straight.steps()).as("ended early").isLessThan(Run.STEPS_OF_EPOCH * Run.EPOCHS);
    Path place = folder.resolve("stopped");
    var run = new Run(place, saving, evaluating);
    for (long step = 1; ; step++) {
      Classifier model = Run.model(step == 1 ? 7 : 100 + step);
      var stopper = new Stopper(step);
      List<TrainerCallback> callbacks =
          new ArrayList<>(run.callbacks(into(new ByteArrayOutputStream())));
      callbacks.add(stopper);
      Trainer<Classifier.Example> trainer = run.trainer(run.arguments().build(), model, callbacks);
      stopper.stop = trainer::requestStop;
      TrainResult result = trainer.train();
      if (result.ended() != TrainResult.Ended.STOPPED_ON_REQUEST) {
        assertThat(result.ended()).isEqualTo(TrainResult.Ended.STOPPED_BY_CALLBACK);
        // Stops have made checkpoints that the other does not have.
        Left left = left(place, model, result);
        assertThat(left.files()).isEqualTo(straight.files());
        assertThat(left.weights()).isEqualTo(straight.weights());
        assertThat(left.steps()).isEqualTo(straight.steps());
        return;
      }
      assertThat(result.globalStep()).isEqualTo(step);
    }
  }

  @ParameterizedTest
  @CsvSource({"STEPS, EPOCH, 11", "STEPS, EPOCH, 14", "EPOCH, EPOCH, 13", "STEPS, STEPS, 16"})
  void a_run_killed_some_steps_after_a_checkpoint_leaves_what_an_undisturbed_one_leaves(
      CheckpointStrategy saving, IntervalStrategy evaluating, long killedAt)
      throws IOException, InterruptedException {
    Left straight = straight(saving, evaluating);
    Path place = folder.resolve("killed");
    Process process = start(place, saving, evaluating, killedAt);
    assertThat(firstLine(process)).isEqualTo("reached " + killedAt);
    process.destroyForcibly().waitFor();

    var run = new Run(place, saving, evaluating);
    Classifier model = Run.model(8);
    TrainResult result =
        run.trainer(
                run.arguments().build(), model, run.callbacks(into(new ByteArrayOutputStream())))
            .train();

    assertThat(left(place, model, result)).isEqualTo(straight);
  }

  @Test
  void what_is_printed_is_what_an_undisturbed_run_prints() throws IOException {
    var whole = new ByteArrayOutputStream();
    var run = new Run(folder.resolve("a"), CheckpointStrategy.EPOCH, IntervalStrategy.EPOCH);
    run.trainer(run.arguments().build(), Run.model(7), run.callbacks(into(whole))).train();
    var parts = new ByteArrayOutputStream();
    for (long stopAt : new long[] {10, 1000}) {
      var same = new Run(folder.resolve("b"), CheckpointStrategy.EPOCH, IntervalStrategy.EPOCH);
      var stopper = new Stopper(stopAt);
      List<TrainerCallback> callbacks = new ArrayList<>(same.callbacks(into(parts)));
      callbacks.add(stopper);
      Trainer<Classifier.Example> trainer =
          same.trainer(same.arguments().build(), Run.model(7), callbacks);
      stopper.stop = trainer::requestStop;
      trainer.train();
    }
    assertThat(parts.toString(StandardCharsets.UTF_8).replace("/b/", "/a/"))
        .isEqualTo(whole.toString(StandardCharsets.UTF_8))
        .contains(
            "improved from None to",
            "did not improve from",
            "reducing learning rate to 0.05",
            ": early stopping",
            "Restoring model weights from the end of the best epoch: ");
  }

  @Test
  void a_run_that_was_ended_does_not_go_on_unless_the_patience_is_greater() throws IOException {
    Path place = folder.resolve("run-again");
    var run = new Run(place, CheckpointStrategy.EPOCH, IntervalStrategy.EPOCH);
    Classifier model = Run.model(7);
    TrainResult first =
        run.trainer(
                run.arguments().build(), model, run.callbacks(into(new ByteArrayOutputStream())))
            .train();
    Left left = left(place, model, first);

    Classifier again = Run.model(9);
    TrainResult second =
        run.trainer(
                run.arguments().build(), again, run.callbacks(into(new ByteArrayOutputStream())))
            .train();
    assertThat(second.globalStep()).isEqualTo(first.globalStep());
    assertThat(left(place, again, second)).isEqualTo(left);

    List<TrainerCallback> patient =
        List.of(EarlyStopping.builder().patience(5).minDelta(0.02).build());
    TrainResult third = run.trainer(run.arguments().build(), Run.model(9), patient).train();
    assertThat(third.globalStep()).isGreaterThan(first.globalStep());
  }

  private static Left left(Path place, Classifier model, TrainResult result) throws IOException {
    Map<String, String> checkpoint =
        sums(place.resolve("run/checkpoint-" + lastCheckpoint(place.resolve("run"))));
    checkpoint.keySet().removeAll(List.of("manifest.json", "training_args.json"));
    checkpoint.put(
        "trainer_state.json",
        stateText(place.resolve("run/checkpoint-" + lastCheckpoint(place.resolve("run"))), place));
    var state = ModuleState.of(model.module()).stateDict();
    StringBuilder weights = new StringBuilder();
    state
        .names()
        .forEach(
            name -> weights.append(HexFormat.of().formatHex(state.tensor(name).toByteArray())));
    return new Left(
        sums(place.resolve("out")), checkpoint, weights.toString(), result.globalStep());
  }

  /** The state without the names of files, which tell the process. */
  private static String stateText(Path checkpoint, Path place) throws IOException {
    byte[] text = Files.readAllBytes(checkpoint.resolve("trainer_state.json"));
    return Json.parsePython(MemorySegment.ofArray(text), "trainer_state.json")
        .toIndentedText()
        .replace(place.toString(), "PLACE")
        .replaceAll("events\\.out\\.tfevents\\.[^\"]*", "EVENTS");
  }

  private static long lastCheckpoint(Path run) throws IOException {
    try (Stream<Path> files = Files.list(run)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.startsWith("checkpoint-"))
          .mapToLong(name -> Long.parseLong(name.substring("checkpoint-".length())))
          .max()
          .orElseThrow();
    }
  }

  /** The checksum of every file below a directory. */
  private static Map<String, String> sums(Path directory) throws IOException {
    Map<String, String> sums = new TreeMap<>();
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
        var sum = new CRC32C();
        byte[] bytes = Files.readAllBytes(file);
        sum.update(bytes);
        String name = directory.relativize(file).toString();
        sums.put(
            name.replaceAll("events\\.out\\.tfevents\\..*", "EVENTS"),
            bytes.length + " bytes, " + Long.toHexString(sum.getValue()));
      }
    }
    assertThat(sums).isNotEmpty();
    return sums;
  }

  private static final class Stopper implements TrainerCallback {
    private final long step;
    private Runnable stop = () -> {};

    Stopper(long step) {
      this.step = step;
    }

    @Override
    public void onStepBegin(
        TrainingArguments arguments, TrainerState state, TrainerControl control) {
      if (state.globalStep() == step - 1) {
        stop.run();
      }
    }
  }

  private static Process start(
      Path place, CheckpointStrategy saving, IntervalStrategy evaluating, long killedAt)
      throws IOException {
    String classPath =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    return new ProcessBuilder(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:TieredStopAtLevel=1",
                "-Xmx256m",
                "-cp",
                classPath,
                Run.class.getName(),
                place.toString(),
                saving.name(),
                evaluating.name(),
                String.valueOf(killedAt)))
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }

  private static String firstLine(Process process) throws IOException {
    BufferedReader output = process.inputReader(StandardCharsets.UTF_8);
    return String.valueOf(output.readLine());
  }
}
