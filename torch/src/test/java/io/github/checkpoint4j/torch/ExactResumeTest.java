package io.github.checkpoint4j.torch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** 2N steps are N steps, an end, and N steps more: the same bits, the same logs. */
class ExactResumeTest {
  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({"STEPS, 12", "ACCUMULATION, 8", "ASYNC, 10", "TRANSFER, 12", "BY_LENGTH, 6"})
  void a_run_killed_after_a_commit_goes_on_in_a_new_process_bit_for_bit(
      ExactRun.Scenario scenario, long killedAt) throws IOException, InterruptedException {
    Map<String, String> straight = straight(scenario, folder.resolve("straight"));

    Path output = folder.resolve("killed");
    Process first = start(scenario, output, 5, killedAt);
    assertThat(firstLine(first)).isEqualTo("saved " + killedAt);
    first.destroyForcibly().waitFor();
    Process second = start(scenario, output, 6, -1);
    assertThat(firstLine(second)).isEqualTo("done");
    assertThat(second.waitFor()).isZero();

    assertThat(ExactRun.digest(last(output))).isEqualTo(straight);
  }

  @ParameterizedTest
  @EnumSource(ExactRun.Scenario.class)
  void a_run_stopped_after_every_step_is_bit_for_bit_the_same(ExactRun.Scenario scenario)
      throws IOException {
    Path whole = folder.resolve("whole");
    TrainResult straight =
        ExactRun.trainer(scenario, ExactRun.arguments(scenario, whole).build(), 5).train();
    Path output = folder.resolve("stopped");
    for (int step = 1; step < ExactRun.STEPS; step++) {
      TrainResult stopped = runUntil(step, scenario, output);
      assertThat(stopped.ended()).isEqualTo(TrainResult.Ended.STOPPED_ON_REQUEST);
      assertThat(stopped.globalStep()).isEqualTo(step);
    }
    TrainResult last =
        ExactRun.trainer(scenario, ExactRun.arguments(scenario, output).build(), 99).train();

    assertThat(last.ended()).isEqualTo(TrainResult.Ended.COMPLETE);
    assertThat(last.trainingLoss()).isEqualTo(straight.trainingLoss());
    assertThat(ExactRun.digest(last(output))).isEqualTo(ExactRun.digest(last(whole)));
  }

  @ParameterizedTest
  @EnumSource(ExactRun.Scenario.class)
  void checkpoints_saved_while_training_goes_on_are_those_that_training_waits_for(
      ExactRun.Scenario scenario) throws IOException {
    Path atOnce = folder.resolve("at-once");
    Path background = folder.resolve("background");
    ExactRun.trainer(scenario, ExactRun.arguments(scenario, atOnce).asyncSave(false).build(), 5)
        .train();
    ExactRun.trainer(scenario, ExactRun.arguments(scenario, background).asyncSave(true).build(), 5)
        .train();

    List<Path> checkpoints = checkpoints(atOnce);
    assertThat(checkpoints).isNotEmpty();
    assertThat(checkpoints(background)).isEqualTo(checkpoints);
    for (Path checkpoint : checkpoints) {
      assertThat(ExactRun.digest(background.resolve(checkpoint)))
          .isEqualTo(ExactRun.digest(atOnce.resolve(checkpoint)));
    }
  }

  private static List<Path> checkpoints(Path run) throws IOException {
    try (Stream<Path> files = Files.list(run)) {
      return files
          .map(Path::getFileName)
          .filter(name -> name.toString().startsWith("checkpoint-"))
          .sorted()
          .toList();
    }
  }

  private static TrainResult runUntil(long step, ExactRun.Scenario scenario, Path output)
      throws IOException {
    var stopper = new Stopper(step);
    Trainer<Classifier.Example> trainer =
        ExactRun.trainer(scenario, ExactRun.arguments(scenario, output).build(), 5, stopper);
    stopper.stop = trainer::requestStop;
    return trainer.train();
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

  private static Map<String, String> straight(ExactRun.Scenario scenario, Path output)
      throws IOException {
    TrainResult result =
        ExactRun.trainer(scenario, ExactRun.arguments(scenario, output).build(), 5).train();
    assertThat(result.globalStep()).isEqualTo(ExactRun.STEPS);
    return ExactRun.digest(last(output));
  }

  private static Path last(Path output) {
    return output.resolve("checkpoint-" + ExactRun.STEPS);
  }

  private static Process start(
      ExactRun.Scenario scenario, Path output, long modelSeed, long killedAt) throws IOException {
    String classPath =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    return new ProcessBuilder(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=deny",
                "-XX:TieredStopAtLevel=1",
                "-Xmx256m",
                "-cp",
                classPath,
                ExactRun.class.getName(),
                scenario.name(),
                output.toString(),
                String.valueOf(modelSeed),
                String.valueOf(killedAt)))
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }

  /** The first line the process writes: it writes no other before it ends or waits. */
  private static String firstLine(Process process) throws IOException {
    BufferedReader output = process.inputReader(StandardCharsets.UTF_8);
    return String.valueOf(output.readLine());
  }
}
