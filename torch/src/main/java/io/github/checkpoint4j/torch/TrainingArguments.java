package io.github.checkpoint4j.torch;

import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * What a {@link Trainer} is told: the arguments of Hugging Face's {@code TrainingArguments} (5.23)
 * under their names in camelCase and, except where said, with their defaults.
 *
 * <p>Made by {@link #builder}. What was left open is filled in as Hugging Face does: {@code
 * evalSteps} with {@code loggingSteps}, {@code metricForBestModel} with {@code loss} if the best
 * model is to be loaded, {@code greaterIsBetter} by the metric's name.
 *
 * @param outputDir the directory of the run; checkpoints go in as {@code checkpoint-N}
 * @param perDeviceTrainBatchSize examples in a training batch; at least 1
 * @param perDeviceEvalBatchSize examples in an evaluation batch; at least 1
 * @param gradientAccumulationSteps batches whose gradients are averaged for one step of the
 *     optimizer; at least 1. For causal language models, and with label smoothing, the mean of the
 *     step's labels; for the others that of its batches: transformers 5.23 adds those up for models
 *     that take {@code num_items_in_batch} and ignore it, T5 and BERT among them
 * @param numTrainEpochs passes over the data, if {@code maxSteps} is not given; may be a fraction;
 *     above 0
 * @param maxSteps steps of the optimizer in all; -1: as {@code numTrainEpochs} says
 * @param learningRate the learning rate after warm-up; at least 0
 * @param lrSchedulerType the shape of the learning rate over the steps
 * @param warmupSteps steps of warm-up; below 1: that share of all steps, rounded up
 * @param optim the optimizer
 * @param weightDecay weight decay of all parameters but biases and those of normalisation layers;
 *     at least 0
 * @param adamBeta1 decay of the first moment; in [0, 1)
 * @param adamBeta2 decay of the second moment; in [0, 1)
 * @param adamEpsilon added to the root of the second moment; at least 0
 * @param maxGradNorm gradients are scaled down to this norm; 0: left alone
 * @param labelSmoothingFactor the share of the loss, in training and evaluation, that all labels
 *     have alike; in [0, 1), 0: labels are right or wrong. For labels that are one of several; an
 *     error for others, where Hugging Face warns and goes on without
 * @param bf16 whether the model is applied in bfloat16 where that is precise enough, as by {@code
 *     torch.autocast} on a CPU, in training and evaluation. Weights, gradients and the optimizer's
 *     state stay float32
 * @param gradientCheckpointing whether a step runs the layers of the model a second time for the
 *     gradients, instead of keeping what they computed: less memory, more time, the same numbers.
 *     {@code activation_checkpointing} in Hugging Face's 5.23
 * @param loggingStrategy when the training loss is logged
 * @param loggingSteps steps between logs; below 1: that share of all steps, rounded up
 * @param loggingFirstStep whether the first step is logged, too
 * @param loggingNanInfFilter whether a loss that is not finite is left out of the logged averages.
 *     Hugging Face's default is true; here a diverging run shows
 * @param disableTqdm whether there is no progress bar, even on a terminal
 * @param evalStrategy when the model is evaluated
 * @param evalSteps steps between evaluations; below 1: that share of all steps, rounded up; not
 *     given: {@code loggingSteps}
 * @param evalDelay steps, or epochs if {@code evalStrategy} is by epoch, before the first
 *     evaluation
 * @param evalOnStart whether the model is evaluated before the first step; unlike with Hugging Face
 *     not again when a training goes on
 * @param predictionLossOnly whether evaluation computes the loss alone, without metrics
 * @param saveStrategy when a checkpoint is saved
 * @param saveSteps steps between checkpoints; below 1: that share of all steps, rounded up
 * @param saveTotalLimit checkpoints kept, the best one included; at least 1. The newest, the best
 *     and pinned ones are kept in any case; with a limit of 1 Hugging Face deletes the newest at
 *     the end, if another is the best
 * @param saveOnlyModel whether a checkpoint has the model alone: smaller, but training cannot go on
 *     from it
 * @param asyncSave whether training goes on while another thread saves a copy of the state, one at
 *     a time; the copy takes as much memory as a checkpoint. Not among Hugging Face's
 * @param incrementalSave whether weights that training leaves alone, as those of frozen layers, are
 *     in a shard of their own, which a checkpoint shares with the one before by a hard link. Not an
 *     argument of Hugging Face's, whose Trainer reads such checkpoints; see FORMAT.md on programs
 *     that write into a shared file
 * @param loadBestModelAtEnd whether the best checkpoint's weights are loaded when training ends. It
 *     is the best of those saved; if a step between two checkpoints was better, Hugging Face takes
 *     the one that was the best before that step
 * @param metricForBestModel the evaluation metric that says which is best, with or without {@code
 *     eval_}; not given: {@code loss}, if {@code loadBestModelAtEnd}
 * @param greaterIsBetter whether more of the metric is better; not given: unless its name ends in
 *     {@code loss}
 * @param seed seed of the random numbers, set when the trainer is built
 * @param dataSeed seed of the order of the data; not given: {@code seed}
 * @param dataloaderDropLast whether the last batch of an epoch is left out if it is not full.
 *     Unlike with Hugging Face, evaluation takes all examples
 * @param trainSamplingStrategy the order of the training data
 * @param resumeFromCheckpoint what training starts from
 * @param ignoreDataSkip whether a training that goes on in the middle of an epoch begins that epoch
 *     again, instead of going on at its next batch; the number of steps in all stays
 * @param restoreCallbackStatesFromCheckpoint whether a training that goes on gives the callbacks
 *     the states they were saved with, for instance the count of {@link EarlyStoppingCallback}.
 *     Hugging Face's default is false; here a run goes on as if it had never stopped
 */
public record TrainingArguments(
    Path outputDir,
    int perDeviceTrainBatchSize,
    int perDeviceEvalBatchSize,
    int gradientAccumulationSteps,
    double numTrainEpochs,
    long maxSteps,
    double learningRate,
    SchedulerType lrSchedulerType,
    double warmupSteps,
    OptimizerType optim,
    double weightDecay,
    double adamBeta1,
    double adamBeta2,
    double adamEpsilon,
    double maxGradNorm,
    double labelSmoothingFactor,
    boolean bf16,
    boolean gradientCheckpointing,
    IntervalStrategy loggingStrategy,
    double loggingSteps,
    boolean loggingFirstStep,
    boolean loggingNanInfFilter,
    boolean disableTqdm,
    IntervalStrategy evalStrategy,
    OptionalDouble evalSteps,
    double evalDelay,
    boolean evalOnStart,
    boolean predictionLossOnly,
    CheckpointStrategy saveStrategy,
    double saveSteps,
    OptionalInt saveTotalLimit,
    boolean saveOnlyModel,
    boolean asyncSave,
    boolean incrementalSave,
    boolean loadBestModelAtEnd,
    Optional<String> metricForBestModel,
    Optional<Boolean> greaterIsBetter,
    long seed,
    OptionalLong dataSeed,
    boolean dataloaderDropLast,
    SamplingStrategy trainSamplingStrategy,
    ResumeFrom resumeFromCheckpoint,
    boolean ignoreDataSkip,
    boolean restoreCallbackStatesFromCheckpoint) {

  /**
   * The arguments, checked.
   *
   * @throws IllegalArgumentException if one is out of its range, or two do not go together; the
   *     message names them and says what to do
   */
  public TrainingArguments {
    if (evalStrategy == IntervalStrategy.STEPS && evalSteps.orElse(0) == 0) {
      evalSteps = OptionalDouble.of(loggingSteps);
    }
    Optional<String> metric =
        metricForBestModel.or(() -> loadBestModelAtEnd ? Optional.of("loss") : Optional.empty());
    metricForBestModel = metric;
    greaterIsBetter = greaterIsBetter.or(() -> metric.map(name -> !name.endsWith("loss")));
    ArgumentRules.atLeast("perDeviceTrainBatchSize", perDeviceTrainBatchSize, 1);
    ArgumentRules.atLeast("perDeviceEvalBatchSize", perDeviceEvalBatchSize, 1);
    ArgumentRules.atLeast("gradientAccumulationSteps", gradientAccumulationSteps, 1);
    ArgumentRules.duration(numTrainEpochs, maxSteps);
    ArgumentRules.notNegative("learningRate", learningRate);
    ArgumentRules.notNegative("weightDecay", weightDecay);
    ArgumentRules.share("adamBeta1", adamBeta1);
    ArgumentRules.share("adamBeta2", adamBeta2);
    ArgumentRules.notNegative("adamEpsilon", adamEpsilon);
    ArgumentRules.notNegative("maxGradNorm", maxGradNorm);
    ArgumentRules.share("labelSmoothingFactor", labelSmoothingFactor);
    ArgumentRules.notNegative("evalDelay", evalDelay);
    ArgumentRules.steps("warmupSteps", warmupSteps);
    ArgumentRules.steps("loggingSteps", loggingSteps);
    ArgumentRules.steps("saveSteps", saveSteps);
    evalSteps.ifPresent(steps -> ArgumentRules.steps("evalSteps", steps));
    saveTotalLimit.ifPresent(limit -> ArgumentRules.atLeast("saveTotalLimit", limit, 1));
    if (loggingStrategy == IntervalStrategy.STEPS || evalStrategy == IntervalStrategy.STEPS) {
      ArgumentRules.everySoOften(loggingStrategy, loggingSteps, evalSteps.orElse(loggingSteps));
    }
    if (saveStrategy == CheckpointStrategy.BEST) {
      ArgumentRules.bestIsKnown(evalStrategy, metric);
    } else if (loadBestModelAtEnd) {
      ArgumentRules.everyCheckpointIsEvaluated(
          evalStrategy, evalSteps.orElse(0), saveStrategy, saveSteps);
    }
  }

  /** A builder with the defaults. */
  public static TrainingArgumentsBuilder builder() {
    return new TrainingArgumentsBuilder();
  }

  /** The seed of the order of the data. */
  public long effectiveDataSeed() {
    return dataSeed.orElse(seed);
  }

  /** The name of the metric that says which checkpoint is best, with {@code eval_} before it. */
  public Optional<String> bestMetric() {
    return metricForBestModel.map(name -> name.startsWith("eval_") ? name : "eval_" + name);
  }

  /** The steps of warm-up of a run of {@code totalSteps}. */
  public long warmupSteps(long totalSteps) {
    return stepsOf(warmupSteps, totalSteps);
  }

  /** {@code steps} as it is, or that share of {@code totalSteps}, rounded up, if it is below 1. */
  static long stepsOf(double steps, long totalSteps) {
    return (long) (steps >= 1 ? steps : Math.ceil(totalSteps * steps));
  }
}
