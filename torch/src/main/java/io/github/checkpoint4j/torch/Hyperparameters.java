package io.github.checkpoint4j.torch;

import io.github.checkpoint4j.format.Json;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.stream.LongStream;

/**
 * The arguments of a run as they are kept in its checkpoints, under Hugging Face's names, and what
 * becomes of each if it is another when the run goes on.
 */
final class Hyperparameters {
  /** The number of training examples: not an argument, but as much a part of the run. */
  static final String EXAMPLES = "num_train_examples";

  /** Those which the order of the data, or the layout of the optimizer's state, depends on. */
  private static final Set<String> FIXED =
      Set.of(
          EXAMPLES,
          "per_device_train_batch_size",
          "gradient_accumulation_steps",
          "dataloader_drop_last",
          "train_sampling_strategy",
          "optim");

  /** Those that took effect at the beginning of the run: the random state and the order of data. */
  private static final Set<String> BEGINNING = Set.of("seed", "data_seed");

  /** The names of the arguments. */
  static final Set<String> NAMES = of(TrainingArguments.builder().build()).members().keySet();

  private Hyperparameters() {}

  /**
   * The arguments, without those that say where the run is, how it is shown and from where it goes
   * on.
   */
  static Json.Obj of(TrainingArguments arguments) {
    return Json.object()
        .put("per_device_train_batch_size", arguments.perDeviceTrainBatchSize())
        .put("per_device_eval_batch_size", arguments.perDeviceEvalBatchSize())
        .put("gradient_accumulation_steps", arguments.gradientAccumulationSteps())
        .put("num_train_epochs", arguments.numTrainEpochs())
        .put("max_steps", arguments.maxSteps())
        .put("learning_rate", arguments.learningRate())
        .put("lr_scheduler_type", name(arguments.lrSchedulerType()))
        .put("warmup_steps", steps(arguments.warmupSteps()))
        .put("optim", name(arguments.optim()))
        .put("weight_decay", arguments.weightDecay())
        .put("adam_beta1", arguments.adamBeta1())
        .put("adam_beta2", arguments.adamBeta2())
        .put("adam_epsilon", arguments.adamEpsilon())
        .put("max_grad_norm", arguments.maxGradNorm())
        .put("label_smoothing_factor", arguments.labelSmoothingFactor())
        .put("bf16", arguments.bf16())
        .put("gradient_checkpointing", arguments.gradientCheckpointing())
        .put("logging_strategy", name(arguments.loggingStrategy()))
        .put("logging_steps", steps(arguments.loggingSteps()))
        .put("logging_first_step", arguments.loggingFirstStep())
        .put("logging_nan_inf_filter", arguments.loggingNanInfFilter())
        .put("eval_strategy", name(arguments.evalStrategy()))
        .put("eval_steps", optionalSteps(arguments.evalSteps()))
        .put("eval_delay", steps(arguments.evalDelay()))
        .put("eval_on_start", arguments.evalOnStart())
        .put("prediction_loss_only", arguments.predictionLossOnly())
        .put("save_strategy", name(arguments.saveStrategy()))
        .put("save_steps", steps(arguments.saveSteps()))
        .put("save_total_limit", optionalCount(arguments.saveTotalLimit().stream().asLongStream()))
        .put("save_only_model", arguments.saveOnlyModel())
        .put("async_save", arguments.asyncSave())
        .put("load_best_model_at_end", arguments.loadBestModelAtEnd())
        .put(
            "metric_for_best_model",
            arguments.metricForBestModel().<Json>map(Json::of).orElse(Json.Null.NULL))
        .put(
            "greater_is_better",
            arguments.greaterIsBetter().<Json>map(Json::of).orElse(Json.Null.NULL))
        .put("seed", arguments.seed())
        .put("data_seed", optionalCount(arguments.dataSeed().stream()))
        .put("dataloader_drop_last", arguments.dataloaderDropLast())
        .put("train_sampling_strategy", name(arguments.trainSamplingStrategy()))
        .build();
  }

  /**
   * What becomes of a change.
   *
   * @throws IllegalArgumentException if the run cannot go on with it; the message says what to do
   */
  static Resumption.Effect effect(String name, Json saved, Json now, String checkpoint) {
    if (FIXED.contains(name)) {
      throw new IllegalArgumentException(
          ("%s is %s and was %s when %s was saved: the run could not go on where it was. Give %s"
                  + " again, or begin a new run in another output directory")
              .formatted(name, now.toText(), saved.toText(), checkpoint, saved.toText()));
    }
    return BEGINNING.contains(name) ? Resumption.Effect.KEPT : Resumption.Effect.APPLIED;
  }

  private static String name(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }

  /** As Python has them: whole from 1 up, and 0; a fraction below. */
  private static Json steps(double steps) {
    return steps == Math.rint(steps) ? Json.of((long) steps) : Json.of(steps);
  }

  private static Json optionalSteps(OptionalDouble steps) {
    return steps.isPresent() ? steps(steps.getAsDouble()) : Json.Null.NULL;
  }

  private static Json optionalCount(LongStream count) {
    return count.<Json>mapToObj(Json::of).findFirst().orElse(Json.Null.NULL);
  }
}
