package io.github.checkpoint4j.bench;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.torch.CheckpointStrategy;
import io.github.checkpoint4j.torch.IntervalStrategy;
import io.github.checkpoint4j.torch.Threads;
import io.github.checkpoint4j.torch.Trainer;
import io.github.checkpoint4j.torch.TrainerControl;
import io.github.checkpoint4j.torch.TrainingArguments;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;

/**
 * Trains a model by the {@code Trainer} as many steps at a time as standard input asks, so that
 * another program can take turns with it. A line with a number is answered with a line of JSON: the
 * seconds of each of these steps, those of the parts of all of them, and their mean loss.
 *
 * <pre>
 * TrainingSteps prepare RESOURCES DIRECTORY
 * TrainingSteps train TASK DIRECTORY THREADS SAVE_STEPS
 * </pre>
 *
 * The first writes the models and data of all tasks. In the second {@code SAVE_STEPS} is 0 for no
 * checkpoints.
 */
final class TrainingSteps {
  private static final int LOGGING_STEPS = 5;

  private TrainingSteps() {}

  public static void main(String[] arguments) throws IOException {
    switch (arguments[0]) {
      case "prepare" -> {
        for (StepTask task : StepTask.values()) {
          task.prepare(
              Path.of(arguments[1]), Path.of(arguments[2], task.name().toLowerCase(Locale.ROOT)));
        }
      }
      case "train" ->
          train(
              StepTask.named(arguments[1]),
              Path.of(arguments[2], arguments[1]),
              Integer.parseInt(arguments[3]),
              Integer.parseInt(arguments[4]));
      default -> throw new IllegalArgumentException("nothing is called " + arguments[0]);
    }
  }

  private static void train(StepTask task, Path directory, int threads, int saveSteps)
      throws IOException {
    Threads.use(threads);
    StepClock clock = new StepClock(new Requests());
    var training =
        TrainingArguments.builder()
            // Two may be trained at a time, and a run is of one process.
            .outputDir(directory.resolve("run-" + ProcessHandle.current().pid()))
            .perDeviceTrainBatchSize(task.batchSize())
            .maxSteps(1_000_000)
            .loggingSteps(LOGGING_STEPS)
            .evalStrategy(IntervalStrategy.NO)
            .saveStrategy(saveSteps > 0 ? CheckpointStrategy.STEPS : CheckpointStrategy.NO)
            .saveSteps(Math.max(saveSteps, 1))
            .saveTotalLimit(1)
            .asyncSave(true)
            .build();
    Trainer<TokenRow> trainer =
        Trainer.<TokenRow>builder()
            .model(clock.timed(task.open(directory)))
            .arguments(training)
            .trainDataset(task.rows(directory))
            .collator(clock.timed(task.collator()))
            .callback(clock)
            .build();
    trainer.train();
  }

  /** Standard input. */
  private static final class Requests implements StepClock.Begin {
    private final BufferedReader lines =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    private int asked;

    @Override
    public boolean step(StepClock clock, TrainerControl control) {
      if (clock.steps().size() < asked) {
        return false;
      }
      if (asked > 0) {
        System.out.println(answer(clock).toText());
      }
      try {
        String line = lines.readLine();
        if (line == null) {
          control.shouldTrainingStop(true);
        } else {
          asked = Integer.parseInt(line);
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      return true;
    }

    private Json.Obj answer(StepClock clock) {
      Json.Builder phases = Json.object();
      clock
          .phases()
          .forEach((phase, taken) -> phases.put(phase.name().toLowerCase(Locale.ROOT), taken));
      return Json.object()
          .put("steps", Json.array(clock.steps().stream().map(Json::of).toList()))
          .put("phases", phases.build())
          .put("cpu", clock.cpuSeconds())
          .put("loss", clock.loss() / clock.steps().size())
          .build();
    }
  }
}
