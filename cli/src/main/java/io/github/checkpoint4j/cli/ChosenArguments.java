package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.Direction;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.torch.CheckpointStrategy;
import io.github.checkpoint4j.torch.EarlyStoppingCallback;
import io.github.checkpoint4j.torch.IntervalStrategy;
import io.github.checkpoint4j.torch.ResumeFrom;
import io.github.checkpoint4j.torch.SamplingStrategy;
import io.github.checkpoint4j.torch.SchedulerType;
import io.github.checkpoint4j.torch.TrainingArguments;
import io.github.checkpoint4j.torch.TrainingArgumentsBuilder;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The arguments of a training: each as the user gives it, or else as the run was saved with, or
 * else its default.
 *
 * @param options what the user gives
 * @param saved the run that goes on; empty if it begins
 * @param defaults what is so if neither says
 * @param metrics what evaluations measure; the first tells the best if nothing else does
 */
record ChosenArguments(
    TrainOptions options,
    Optional<SavedRun> saved,
    TrainingDefaults defaults,
    List<String> metrics) {

  /** What is another default here than Hugging Face's. */
  private Map<String, Json> defaultArguments() {
    Map<String, Json> arguments = new LinkedHashMap<>();
    arguments.put("per_device_train_batch_size", Json.of(defaults.batchSize()));
    arguments.put("per_device_eval_batch_size", Json.of(64));
    arguments.put("learning_rate", Json.of(defaults.learningRate()));
    arguments.put("warmup_steps", Json.of(defaults.warmupSteps()));
    arguments.put("logging_steps", Json.of(defaults.loggingSteps()));
    arguments.put("save_steps", Json.of(defaults.saveSteps()));
    arguments.put("save_total_limit", Json.of(3));
    return arguments;
  }

  /**
   * The arguments of the trainer.
   *
   * @param builtIn whether the data is the built-in one
   * @param evaluated whether there is data for evaluations
   * @throws IllegalArgumentException if one is out of its range or they do not go together
   */
  TrainingArguments arguments(boolean builtIn, boolean evaluated) {
    TrainingArgumentsBuilder arguments = TrainingArguments.builder().set(notGiven(builtIn));
    setGiven(arguments);
    if (evaluated) {
      setEvaluation(arguments);
    } else if (options.metric != null || options.evalSteps != null) {
      throw new IllegalArgumentException(
          "--metric and --eval-steps need data for evaluations; give it with --eval");
    } else {
      arguments.evalStrategy(IntervalStrategy.NO).loadBestModelAtEnd(false);
      if (text("save_strategy").equals(Optional.of("best"))) {
        arguments.saveStrategy(CheckpointStrategy.STEPS);
      }
    }
    return arguments
        .outputDir(options.output)
        .saveOnlyModel(false)
        .resumeFromCheckpoint(ResumeFrom.parse(options.resume))
        .build();
  }

  /**
   * What ends the training early; empty if nothing does.
   *
   * @param evaluated whether there is data for evaluations
   * @throws IllegalArgumentException if an option is out of its range or lacks what it needs
   */
  Optional<EarlyStoppingCallback> earlyStopping(boolean evaluated) {
    Json.Obj before = saved.map(SavedRun::earlyStopping).orElseGet(() -> Json.object().build());
    int patience =
        options.earlyStoppingPatience != null
            ? options.earlyStoppingPatience
            : number(before, "early_stopping_patience")
                .map(number -> Math.toIntExact(number.asLong()))
                .orElse(0);
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
            patience,
            options.earlyStoppingThreshold != null
                ? options.earlyStoppingThreshold
                : number(before, "early_stopping_threshold").map(Json.Num::asDouble).orElse(0.0)));
  }

  /** The saved arguments, and the default of each that is not among them. */
  private Json.Obj notGiven(boolean builtIn) {
    Map<String, Json> arguments = defaultArguments();
    if (builtIn) {
      arguments.put("max_steps", Json.of(defaults.steps()));
    }
    arguments.putAll(savedArguments().members());
    if (options.schedule != null) {
      // That of the run may be one that there is not.
      arguments.remove("lr_scheduler_type");
    }
    return Json.object(arguments);
  }

  private void setGiven(TrainingArgumentsBuilder arguments) {
    ifGiven(options.batchSize, arguments::perDeviceTrainBatchSize);
    ifGiven(options.learningRate, arguments::learningRate);
    ifGiven(options.warmupSteps, arguments::warmupSteps);
    ifGiven(options.weightDecay, arguments::weightDecay);
    ifGiven(options.seed, arguments::seed);
    ifGiven(options.loggingSteps, arguments::loggingSteps);
    ifGiven(
        options.saveSteps,
        steps -> arguments.saveStrategy(CheckpointStrategy.STEPS).saveSteps(steps));
    ifGiven(options.asyncSave, arguments::asyncSave);
    ifGiven(options.gradientAccumulationSteps, arguments::gradientAccumulationSteps);
    ifGiven(options.maxGradNorm, arguments::maxGradNorm);
    ifGiven(options.labelSmoothing, arguments::labelSmoothingFactor);
    ifGiven(options.bf16, arguments::bf16);
    ifGiven(
        options.groupByLength,
        grouped ->
            arguments.trainSamplingStrategy(
                grouped ? SamplingStrategy.GROUP_BY_LENGTH : SamplingStrategy.RANDOM));
    ifGiven(options.gradientCheckpointing, arguments::gradientCheckpointing);
    ifGiven(options.saveTotalLimit, arguments::saveTotalLimit);
    ifGiven(options.epochs, epochs -> arguments.numTrainEpochs(epochs).maxSteps(-1));
    ifGiven(options.maxSteps, arguments::maxSteps);
    ifGiven(options.schedule, schedule -> arguments.lrSchedulerType(type(schedule)));
  }

  /** Passes on an option that the user gives. */
  static <T> void ifGiven(@Nullable T option, Consumer<T> set) {
    if (option != null) {
      set.accept(option);
    }
  }

  private static SchedulerType type(TrainOptions.Schedule schedule) {
    return switch (schedule) {
      case linear -> SchedulerType.LINEAR;
      case cosine -> SchedulerType.COSINE;
      case constant -> SchedulerType.CONSTANT_WITH_WARMUP;
      case cosine_with_restarts -> SchedulerType.COSINE_WITH_RESTARTS;
      case polynomial -> SchedulerType.POLYNOMIAL;
      case inverse_sqrt -> SchedulerType.INVERSE_SQRT;
    };
  }

  /** As the run was evaluated, or else with each checkpoint. */
  private void setEvaluation(TrainingArgumentsBuilder arguments) {
    arguments.metricForBestModel(metric());
    if (!text("metric_for_best_model").equals(Optional.of(metric()))) {
      arguments.greaterIsBetter(Direction.of(metric()) == Direction.MAXIMIZE);
    }
    boolean wasEvaluated = text("eval_strategy").filter(name -> !name.equals("no")).isPresent();
    if (wasEvaluated && options.evalSteps == null && options.saveSteps == null) {
      return;
    }
    arguments.loadBestModelAtEnd(true);
    boolean byEpoch = text("save_strategy").equals(Optional.of("epoch"));
    if (byEpoch && options.evalSteps == null && options.saveSteps == null) {
      arguments.evalStrategy(IntervalStrategy.EPOCH);
      return;
    }
    double saveSteps =
        options.saveSteps != null
            ? options.saveSteps
            : number(savedArguments(), "save_steps")
                .map(Json.Num::asDouble)
                .orElse(defaults.saveSteps());
    arguments
        .evalStrategy(IntervalStrategy.STEPS)
        .evalSteps(options.evalSteps != null ? options.evalSteps : saveSteps);
  }

  private String metric() {
    String metric =
        options.metric != null
            ? options.metric
            : text("metric_for_best_model").orElse(metrics.getFirst());
    if (!metrics.contains(metric.replaceFirst("^eval_", ""))) {
      throw new IllegalArgumentException(
          "--metric is '" + metric + "'; there are " + String.join(", ", metrics));
    }
    return metric;
  }

  private Json.Obj savedArguments() {
    return saved.map(SavedRun::arguments).orElseGet(() -> Json.object().build());
  }

  private static Optional<Json.Num> number(Json.Obj json, String name) {
    return json.find(name).orElse(Json.Null.NULL) instanceof Json.Num number
        ? Optional.of(number)
        : Optional.empty();
  }

  private Optional<String> text(String name) {
    return savedArguments().find(name).orElse(Json.Null.NULL) instanceof Json.Str string
        ? Optional.of(string.value())
        : Optional.empty();
  }
}
