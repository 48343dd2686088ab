package io.github.checkpoint4j.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/**
 * The options of a training. One that is not given has the value that the run was saved with, or
 * else its default.
 *
 * <p>No type of the trainer's is in a signature here: picocli looks at them all, and the verbs that
 * read files run without the trainer's classes.
 */
final class TrainOptions {
  /** The rates of learning over the steps. */
  enum Schedule {
    linear,
    cosine,
    constant,
    cosine_with_restarts,
    polynomial,
    inverse_sqrt
  }

  @Option(
      names = "--output",
      paramLabel = "DIR",
      description = "The run's directory (${DEFAULT-VALUE}).",
      defaultValue = "runs/${bundle:task.verb}")
  Path output = Path.of("");

  @Option(
      names = "--max-steps",
      paramLabel = "N",
      description = "Steps in all (${bundle:task.steps} with the built-in data).")
  @Nullable Long maxSteps;

  @Option(
      names = "--epochs",
      paramLabel = "N",
      description = "Passes over the data, if steps are not given (3).")
  @Nullable Double epochs;

  @Option(
      names = "--batch-size",
      paramLabel = "N",
      description = "Texts in a step (${bundle:task.batch-size}).")
  @Nullable Integer batchSize;

  @Option(
      names = "--learning-rate",
      paramLabel = "X",
      description = "After warm-up (${bundle:task.learning-rate}).")
  @Nullable Double learningRate;

  @Option(
      names = "--warmup-steps",
      paramLabel = "N",
      description = "Steps of warm-up (${bundle:task.warmup-steps}).")
  @Nullable Double warmupSteps;

  @Option(names = "--weight-decay", paramLabel = "X", description = "Of AdamW (0).")
  @Nullable Double weightDecay;

  @Option(
      names = "--lr-scheduler",
      paramLabel = "NAME",
      description = "${COMPLETION-CANDIDATES} (linear).")
  @Nullable Schedule schedule;

  @Option(
      names = "--freeze",
      paramLabel = "PATTERN",
      description = "Parameters that are not trained, bert.embeddings.* for instance; repeatable.")
  List<String> freeze = List.of();

  @Option(
      names = "--layer-decay",
      paramLabel = "X",
      description = "Each layer learns X times as fast as the one after it.")
  @Nullable Double layerDecay;

  @Option(
      names = "--learning-rate-of",
      paramLabel = "PATTERN=X",
      description = "Of some parameters, classifier.*=1e-3 for instance; repeatable.")
  List<String> learningRatesOf = List.of();

  @Option(
      names = "--gradient-accumulation-steps",
      paramLabel = "N",
      description = "Batches of a step (1).")
  @Nullable Integer gradientAccumulationSteps;

  @Option(
      names = "--max-grad-norm",
      paramLabel = "X",
      description = "What gradients are scaled down to; 0: left alone (1).")
  @Nullable Double maxGradNorm;

  @Option(
      names = "--label-smoothing",
      paramLabel = "X",
      description = "The share of the loss that all labels have alike (0).")
  @Nullable Double labelSmoothing;

  @Option(
      names = "--bf16",
      negatable = true,
      description = "Compute in bfloat16 where that is precise enough (no).")
  @Nullable Boolean bf16;

  @Option(
      names = "--group-by-length",
      negatable = true,
      description = "Texts of about one length in a batch (no).")
  @Nullable Boolean groupByLength;

  @Option(
      names = "--gradient-checkpointing",
      negatable = true,
      description = "Run layers twice in a step, in less memory (no).")
  @Nullable Boolean gradientCheckpointing;

  @Option(names = "--seed", paramLabel = "N", description = "Of order, dropout, new weights (42).")
  @Nullable Long seed;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Threads of an operator (OMP_NUM_THREADS, or one a processor).")
  @Nullable Integer threads;

  @Option(
      names = "--device",
      paramLabel = "cpu|cuda|cuda:N",
      description = "Where the model is trained (${DEFAULT-VALUE}).",
      defaultValue = "cpu")
  String device = "cpu";

  @Option(
      names = "--save-steps",
      paramLabel = "N",
      description = "Between checkpoints (${bundle:task.save-steps}).")
  @Nullable Double saveSteps;

  @Option(
      names = "--eval-steps",
      paramLabel = "N",
      description = "Between evaluations (as --save-steps).")
  @Nullable Double evalSteps;

  @Option(
      names = "--logging-steps",
      paramLabel = "N",
      description = "Between logs (${bundle:task.logging-steps}).")
  @Nullable Double loggingSteps;

  @Option(
      names = "--save-total-limit",
      paramLabel = "N",
      description = "Checkpoints kept; newest and best always are (3).")
  @Nullable Integer saveTotalLimit;

  @Option(
      names = "--async-save",
      negatable = true,
      description = "Train on while a copy of the state is saved (no).")
  @Nullable Boolean asyncSave;

  @Option(
      names = "--metric",
      paramLabel = "NAME",
      description = "That tells the best: ${bundle:task.metrics} (${bundle:task.metric}).")
  @Nullable String metric;

  @Option(
      names = "--early-stopping-patience",
      paramLabel = "N",
      description = "End after N evaluations in a row that are no better; 0: never (0).")
  @Nullable Integer earlyStoppingPatience;

  @Option(
      names = "--early-stopping-threshold",
      paramLabel = "X",
      description = "By how much more than this one has to be better (0).")
  @Nullable Double earlyStoppingThreshold;

  @Option(
      names = "--resume",
      paramLabel = "auto|never|CHECKPOINT",
      description = "What to go on from (${DEFAULT-VALUE}).",
      defaultValue = "auto")
  String resume = "auto";

  /** The threads given; empty to leave the number to libtorch. */
  static OptionalInt threads(@Nullable Integer given) {
    if (given == null) {
      return OptionalInt.empty();
    }
    if (given < 1) {
      throw new IllegalArgumentException("--threads is " + given + "; 1 is the least");
    }
    return OptionalInt.of(given);
  }

  /** Whether nothing is left to do of a run. */
  boolean isComplete(SavedRun saved) {
    if (maxSteps != null) {
      return saved.steps() >= maxSteps;
    }
    return epochs == null && saved.steps() >= saved.maxSteps();
  }
}
