package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.torch.CheckpointStrategy;
import io.github.checkpoint4j.torch.EarlyStoppingCallback;
import io.github.checkpoint4j.torch.IntervalStrategy;
import io.github.checkpoint4j.torch.ResumeFrom;
import io.github.checkpoint4j.torch.SchedulerType;
import io.github.checkpoint4j.torch.TrainingArguments;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The arguments of a training: each as the user gives it, or else as the run was saved with, or
 * else its default.
 *
 * @param options what the user gives
 * @param saved the arguments in the checkpoint that the run goes on from; may be empty
 */
record ChosenArguments(TrainOptions options, Json.Obj saved) {
  private static final int EVALUATION_BATCH = 64;
  private static final List<String> METRICS =
      List.of("accuracy", "f1", "matthews_correlation", "loss");

  /**
   * The arguments of the trainer.
   *
   * @param builtIn whether the data is the built-in one
   * @param evaluated whether there is data for evaluations
   * @throws IllegalArgumentException if one is out of its range or they do not go together
   */
  TrainingArguments arguments(boolean builtIn, boolean evaluated) {
    double saveSteps = real(options.saveSteps, "save_steps", 25);
    var arguments =
        TrainingArguments.builder()
            .outputDir(options.output)
            .perDeviceTrainBatchSize(whole(options.batchSize, "per_device_train_batch_size", 32))
            .perDeviceEvalBatchSize(EVALUATION_BATCH)
            .learningRate(real(options.learningRate, "learning_rate", 5e-5))
            .warmupSteps(real(options.warmupSteps, "warmup_steps", 30))
            .weightDecay(real(options.weightDecay, "weight_decay", 0))
            .lrSchedulerType(schedule())
            .seed(chosen(options.seed, "seed", Json.Num::asLong, 42L))
            .loggingSteps(real(options.loggingSteps, "logging_steps", 5))
            .saveStrategy(CheckpointStrategy.STEPS)
            .saveSteps(saveSteps)
            .asyncSave(flag(options.asyncSave, "async_save"))
            .saveTotalLimit(whole(options.saveTotalLimit, "save_total_limit", 3))
            .resumeFromCheckpoint(ResumeFrom.parse(options.resume));
    setLength(arguments, builtIn);
    if (evaluated) {
      double evalSteps =
          options.evalSteps == null && options.saveSteps != null
              ? saveSteps
              : real(options.evalSteps, "eval_steps", saveSteps);
      arguments
          .evalStrategy(IntervalStrategy.STEPS)
          .evalSteps(evalSteps)
          .loadBestModelAtEnd(true)
          .metricForBestModel(metric());
    } else if (options.metric != null || options.evalSteps != null) {
      throw new IllegalArgumentException(
          "--metric and --eval-steps need data for evaluations; give it with --eval");
    }
    return arguments.build();
  }

  /**
   * What ends the training early; empty if nothing does.
   *
   * @param evaluated whether there is data for evaluations
   * @throws IllegalArgumentException if an option is out of its range or lacks what it needs
   */
  Optional<EarlyStoppingCallback> earlyStopping(boolean evaluated) {
    int patience = whole(options.earlyStoppingPatience, "early_stopping_patience", 0);
    if (patience == 0) {
      if (options.earlyStoppingThreshold != null) {
        throw new IllegalArgumentException(
            "--early-stopping-threshold needs --early-stopping-patience");
      }
      return Optional.empty();
    }
    if (!evaluated) {
      throw new IllegalArgumentException(
          "--early-stopping-patience needs data for evaluations; give it with --eval");
    }
    return Optional.of(
        new EarlyStoppingCallback(
            patience, real(options.earlyStoppingThreshold, "early_stopping_threshold", 0)));
  }

  private void setLength(TrainingArguments.Builder arguments, boolean builtIn) {
    if (options.maxSteps != null) {
      arguments.maxSteps(options.maxSteps);
    } else if (options.epochs != null) {
      arguments.numTrainEpochs(options.epochs);
    } else if (number("max_steps").isPresent()) {
      arguments
          .maxSteps(chosen(null, "max_steps", Json.Num::asLong, -1L))
          .numTrainEpochs(real(null, "num_train_epochs", 3));
    } else if (builtIn) {
      arguments.maxSteps(100);
    }
  }

  private SchedulerType schedule() {
    if (options.schedule != null) {
      return switch (options.schedule) {
        case linear -> SchedulerType.LINEAR;
        case cosine -> SchedulerType.COSINE;
        case constant -> SchedulerType.CONSTANT_WITH_WARMUP;
      };
    }
    String name = text("lr_scheduler_type").orElse("").toUpperCase(Locale.ROOT);
    return Arrays.stream(SchedulerType.values())
        .filter(type -> type.name().equals(name))
        .findFirst()
        .orElse(SchedulerType.LINEAR);
  }

  private String metric() {
    if (options.metric == null) {
      return text("metric_for_best_model").orElse("accuracy");
    }
    if (!METRICS.contains(options.metric.replaceFirst("^eval_", ""))) {
      throw new IllegalArgumentException(
          "--metric is '" + options.metric + "'; there are " + String.join(", ", METRICS));
    }
    return options.metric;
  }

  private double real(@Nullable Double given, String name, double otherwise) {
    return chosen(given, name, Json.Num::asDouble, otherwise);
  }

  private int whole(@Nullable Integer given, String name, int otherwise) {
    return chosen(given, name, number -> Math.toIntExact(number.asLong()), otherwise);
  }

  private boolean flag(@Nullable Boolean given, String name) {
    return given != null
        ? given
        : saved.find(name).filter(value -> value.equals(Json.of(true))).isPresent();
  }

  private <T> T chosen(@Nullable T given, String name, Function<Json.Num, T> read, T otherwise) {
    return given != null ? given : number(name).map(read).orElse(otherwise);
  }

  private Optional<Json.Num> number(String name) {
    return saved.find(name).orElse(Json.Null.NULL) instanceof Json.Num number
        ? Optional.of(number)
        : Optional.empty();
  }

  private Optional<String> text(String name) {
    return saved.find(name).orElse(Json.Null.NULL) instanceof Json.Str string
        ? Optional.of(string.value())
        : Optional.empty();
  }
}
