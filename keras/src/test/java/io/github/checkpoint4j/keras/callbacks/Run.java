package io.github.checkpoint4j.keras.callbacks;

import io.github.checkpoint4j.torch.CheckpointStrategy;
import io.github.checkpoint4j.torch.ComputeMetrics;
import io.github.checkpoint4j.torch.IntervalStrategy;
import io.github.checkpoint4j.torch.SchedulerType;
import io.github.checkpoint4j.torch.Trainer;
import io.github.checkpoint4j.torch.TrainerCallback;
import io.github.checkpoint4j.torch.TrainerControl;
import io.github.checkpoint4j.torch.TrainerState;
import io.github.checkpoint4j.torch.TrainingArguments;
import io.github.checkpoint4j.torch.TrainingArgumentsBuilder;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.global.torch;

/**
 * A training of a real model with every callback, in a directory: checkpoints in {@code run}, and
 * all that callbacks write in {@code out}. In a process of its own it can be killed.
 */
final class Run {
  /** Steps of an epoch; 18 examples in batches of 4. */
  static final int STEPS_OF_EPOCH = 5;

  static final int EPOCHS = 8;

  static final InstantSource STOPPED_CLOCK =
      InstantSource.fixed(Instant.parse("2026-01-01T00:00:00Z"));

  private final Path folder;
  private final CheckpointStrategy saving;
  private final IntervalStrategy evaluating;

  Run(Path folder, CheckpointStrategy saving, IntervalStrategy evaluating) {
    this.folder = folder;
    this.saving = saving;
    this.evaluating = evaluating;
  }

  TrainingArgumentsBuilder arguments() {
    TrainingArgumentsBuilder arguments =
        TrainingArguments.builder()
            .outputDir(folder.resolve("run"))
            .perDeviceTrainBatchSize(4)
            .numTrainEpochs(EPOCHS)
            .learningRate(0.1)
            .lrSchedulerType(SchedulerType.CONSTANT)
            .evalStrategy(evaluating)
            .saveStrategy(saving);
    if (evaluating == IntervalStrategy.STEPS) {
      arguments.evalSteps(STEPS_OF_EPOCH);
    }
    return saving == CheckpointStrategy.STEPS ? arguments.saveSteps(3) : arguments;
  }

  /** The callbacks, each with a state that matters here. */
  List<TrainerCallback> callbacks(PrintStream out) {
    Path written = folder.resolve("out");
    return List.of(
        ModelCheckpoint.to(written + "/{epoch:02d}-{val_loss:.3f}.pt")
            .saveBestOnly(true)
            .verbose(1)
            .out(out)
            .build(),
        ModelCheckpoint.to(written + "/{epoch}.{batch}-{loss:.4f}.safetensors")
            .saveWeightsOnly(true)
            .saveFreq(Frequency.batches(4))
            .build(),
        ReduceLROnPlateau.builder()
            .patience(1)
            .factor(0.5)
            .cooldown(2)
            .minDelta(0.05)
            .verbose(1)
            .out(out)
            .build(),
        EarlyStopping.builder()
            .patience(3)
            .minDelta(0.02)
            .restoreBestWeights(true)
            .verbose(1)
            .out(out)
            .build(),
        new CSVLogger(written.resolve("log.csv")),
        TensorBoard.to(written.resolve("logs"))
            .updateFreq(Frequency.batches(1))
            .histogramFreq(2)
            .clock(STOPPED_CLOCK)
            .build(),
        new TerminateOnNaN());
  }

  Trainer<Classifier.Example> trainer(
      TrainingArguments arguments, Classifier model, List<TrainerCallback> callbacks) {
    Trainer.Builder<Classifier.Example> builder =
        Trainer.<Classifier.Example>builder()
            .model(model)
            .arguments(arguments)
            .collator(Classifier::collate)
            .trainDataset(Classifier.examples(18, 1))
            .evalDataset(Classifier.examples(9, 2))
            .computeMetrics(ComputeMetrics.accuracy())
            .clock(STOPPED_CLOCK);
    callbacks.forEach(builder::callback);
    return builder.build();
  }

  /** A model whose weights depend on the seed. */
  static Classifier model(long seed) {
    torch.set_num_threads(1);
    torch.manual_seed(seed);
    return new Classifier();
  }

  /**
   * Trains; arguments: directory, how to save and evaluate, and the step after which to wait to be
   * killed.
   */
  public static void main(String[] args) throws IOException {
    var run =
        new Run(
            Path.of(args[0]),
            CheckpointStrategy.valueOf(args[1]),
            IntervalStrategy.valueOf(args[2]));
    long killedAt = Long.parseLong(args[3]);
    var waiting =
        new TrainerCallback() {
          @Override
          public void onStepBegin(
              TrainingArguments arguments, TrainerState state, TrainerControl control) {
            if (state.globalStep() == killedAt) {
              System.out.println("reached " + killedAt);
              try {
                Thread.sleep(Duration.ofMinutes(2));
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
            }
          }
        };
    List<TrainerCallback> callbacks =
        new ArrayList<>(run.callbacks(new PrintStream(OutputStream.nullOutputStream())));
    callbacks.add(waiting);
    run.trainer(run.arguments().build(), model(7), callbacks).train();
    System.out.println("done");
  }
}
