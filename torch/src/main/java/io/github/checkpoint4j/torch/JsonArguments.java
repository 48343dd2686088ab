package io.github.checkpoint4j.torch;

import io.github.checkpoint4j.format.Json;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/** Arguments in JSON, by Hugging Face's names. */
final class JsonArguments {
  /** Those of Hugging Face's that change nothing in a training of one process on a CPU. */
  private static final Set<String> WITHOUT_EFFECT =
      Set.of(
          "average_tokens_across_devices",
          "dataloader_in_order",
          "dataloader_multiprocessing_context",
          "dataloader_num_workers",
          "dataloader_persistent_workers",
          "dataloader_pin_memory",
          "dataloader_prefetch_factor",
          "debug",
          "do_eval",
          "do_predict",
          "do_train",
          "enable_jit_checkpoint",
          "eval_accumulation_steps",
          "eval_do_concat_batches",
          "eval_use_gather_object",
          "fsdp_config",
          "label_names",
          "length_column_name",
          "liger_kernel_config",
          "local_rank",
          "log_level",
          "log_level_replica",
          "log_on_each_node",
          "logging_dir",
          "no_cuda",
          "project",
          "remove_unused_columns",
          "run_name",
          "save_on_each_node",
          "save_safetensors",
          "skip_memory_metrics",
          "torch_compile_backend",
          "torch_compile_mode",
          "torch_empty_cache_steps",
          "use_cache",
          "use_cpu",
          "use_legacy_prediction_loop");

  /** What such names begin with: publishing, and talk between processes. */
  private static final List<String> WITHOUT_EFFECT_ALL = List.of("hub_", "ddp_", "trackio_");

  private JsonArguments() {}

  /**
   * Sets them all.
   *
   * @throws IllegalArgumentException as {@link TrainingArgumentsBuilder#set} says
   */
  static void set(TrainingArgumentsBuilder builder, Json.Obj arguments) {
    OlderArguments.renamed(arguments)
        .members()
        .forEach(
            (name, value) -> {
              UnsupportedArguments.requireUnused(name, value);
              if (value != Json.Null.NULL
                  && !set(builder, new Argument(name, value))
                  && !isWithoutEffect(name)
                  && !UnsupportedArguments.isOne(name)) {
                throw new IllegalArgumentException(
                    "there is no argument '%s'; the names are those of Hugging Face's"
                            .formatted(name)
                        + " TrainingArguments");
              }
            });
  }

  private static boolean isWithoutEffect(String name) {
    return WITHOUT_EFFECT.contains(name) || WITHOUT_EFFECT_ALL.stream().anyMatch(name::startsWith);
  }

  /** Sets one; returns whether there is one of the name. */
  private static boolean set(TrainingArgumentsBuilder builder, Argument argument) {
    switch (argument.name()) {
      case "output_dir" -> builder.outputDir(Path.of(argument.text()));
      case "per_device_train_batch_size" -> builder.perDeviceTrainBatchSize(argument.count());
      case "per_device_eval_batch_size" -> builder.perDeviceEvalBatchSize(argument.count());
      case "gradient_accumulation_steps" -> builder.gradientAccumulationSteps(argument.count());
      case "num_train_epochs" -> builder.numTrainEpochs(argument.real());
      // Hugging Face goes by the epochs at 0 and below.
      case "max_steps" -> builder.maxSteps(argument.whole() > 0 ? argument.whole() : -1);
      case "learning_rate" -> builder.learningRate(argument.real());
      case "lr_scheduler_type" -> builder.lrSchedulerType(argument.oneOf(SchedulerType.values()));
      case "warmup_steps" -> builder.warmupSteps(argument.real());
      case "optim" -> builder.optim(argument.oneOf(OptimizerType.values()));
      case "weight_decay" -> builder.weightDecay(argument.real());
      case "adam_beta1" -> builder.adamBeta1(argument.real());
      case "adam_beta2" -> builder.adamBeta2(argument.real());
      case "adam_epsilon" -> builder.adamEpsilon(argument.real());
      case "max_grad_norm" -> builder.maxGradNorm(argument.real());
      case "label_smoothing_factor" -> builder.labelSmoothingFactor(argument.real());
      case "bf16" -> builder.bf16(argument.flag());
      case "gradient_checkpointing" -> builder.gradientCheckpointing(argument.flag());
      case "logging_strategy" -> builder.loggingStrategy(argument.oneOf(IntervalStrategy.values()));
      case "logging_steps" -> builder.loggingSteps(argument.real());
      case "logging_first_step" -> builder.loggingFirstStep(argument.flag());
      case "logging_nan_inf_filter" -> builder.loggingNanInfFilter(argument.flag());
      case "disable_tqdm" -> builder.disableTqdm(argument.flag());
      case "eval_strategy" -> builder.evalStrategy(argument.oneOf(IntervalStrategy.values()));
      case "eval_steps" -> builder.evalSteps(argument.real());
      case "eval_delay" -> builder.evalDelay(argument.real());
      case "eval_on_start" -> builder.evalOnStart(argument.flag());
      case "prediction_loss_only" -> builder.predictionLossOnly(argument.flag());
      case "save_strategy" -> builder.saveStrategy(argument.oneOf(CheckpointStrategy.values()));
      case "save_steps" -> builder.saveSteps(argument.real());
      case "save_total_limit" -> setLimit(builder, argument);
      case "save_only_model" -> builder.saveOnlyModel(argument.flag());
      case "async_save" -> builder.asyncSave(argument.flag());
      case "incremental_save" -> builder.incrementalSave(argument.flag());
      case "load_best_model_at_end" -> builder.loadBestModelAtEnd(argument.flag());
      case "metric_for_best_model" -> builder.metricForBestModel(argument.text());
      case "greater_is_better" -> builder.greaterIsBetter(argument.flag());
      case "seed" -> builder.seed(argument.whole());
      case "data_seed" -> builder.dataSeed(argument.whole());
      case "dataloader_drop_last" -> builder.dataloaderDropLast(argument.flag());
      case "train_sampling_strategy" ->
          builder.trainSamplingStrategy(argument.oneOf(SamplingStrategy.values()));
      case "resume_from_checkpoint" -> builder.resumeFromCheckpoint(argument.start());
      case "ignore_data_skip" -> builder.ignoreDataSkip(argument.flag());
      case "restore_callback_states_from_checkpoint" ->
          builder.restoreCallbackStatesFromCheckpoint(argument.flag());
      default -> {
        return false;
      }
    }
    return true;
  }

  /** Hugging Face keeps all checkpoints at 0 and below. */
  private static void setLimit(TrainingArgumentsBuilder builder, Argument limit) {
    if (limit.whole() > 0) {
      builder.saveTotalLimit(limit.count());
    }
  }

  /** An argument's value, which has to be of the right kind. */
  private record Argument(String name, Json value) {
    double real() {
      if (value instanceof Json.Num number) {
        return number.asDouble();
      }
      throw wrong("a number");
    }

    long whole() {
      try {
        if (value instanceof Json.Num number) {
          return number.asLong();
        }
      } catch (IllegalArgumentException | ArithmeticException _) {
        // It is none of a long.
      }
      throw wrong("a whole number");
    }

    int count() {
      long count = whole();
      if (count != (int) count) {
        throw wrong("a whole number of at most " + Integer.MAX_VALUE);
      }
      return (int) count;
    }

    boolean flag() {
      if (value instanceof Json.Bool(boolean flag)) {
        return flag;
      }
      throw wrong("true or false");
    }

    String text() {
      if (value instanceof Json.Str(String text)) {
        return text;
      }
      throw wrong("a string");
    }

    ResumeFrom start() {
      return value instanceof Json.Bool(boolean flag)
          ? ResumeFrom.parse(String.valueOf(flag))
          : ResumeFrom.parse(text());
    }

    <E extends Enum<E>> E oneOf(E[] constants) {
      String text = text();
      return Arrays.stream(constants)
          .filter(constant -> lowerCase(constant).equals(text))
          .findFirst()
          .orElseThrow(
              () ->
                  new IllegalArgumentException(
                      "%s is %s, which is not supported; there are %s"
                          .formatted(
                              name,
                              value.toText(),
                              Arrays.stream(constants)
                                  .map(Argument::lowerCase)
                                  .collect(Collectors.joining(", ")))));
    }

    private static String lowerCase(Enum<?> constant) {
      return constant.name().toLowerCase(Locale.ROOT);
    }

    private IllegalArgumentException wrong(String expected) {
      return new IllegalArgumentException(
          "%s is %s; it has to be %s".formatted(name, value.toText(), expected));
    }
  }
}
