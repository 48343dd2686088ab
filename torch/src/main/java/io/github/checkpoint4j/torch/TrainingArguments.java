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
 *     optimizer; at least 1. Averaged for every model: transformers 5.23 adds them up for models
 *     that take {@code num_items_in_batch} and ignore it, classifiers of BERT among them
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
 * @param evalOnStart whether the model is evaluated before the first step
 * @param predictionLossOnly whether evaluation computes the loss alone, without metrics
 * @param saveStrategy when a checkpoint is saved
 * @param saveSteps steps between checkpoints; below 1: that share of all steps, rounded up
 * @param saveTotalLimit checkpoints kept, the best one included; at least 1. The newest, the best
 *     and pinned ones are kept in any case
 * @param saveOnlyModel whether a checkpoint has the model alone: smaller, but training cannot go on
 *     from it
 * @param asyncSave whether training goes on while another thread saves a copy of the state, one at
 *     a time; the copy takes as much memory as a checkpoint. Not among Hugging Face's
 * @param incrementalSave whether weights that training leaves alone, as those of frozen layers, are
 *     in a shard of their own, which a checkpoint shares with the one before by a hard link. Not an
 *     argument of Hugging Face's, whose Trainer reads such checkpoints; see FORMAT.md on programs
 *     that write into a shared file
 * @param loadBestModelAtEnd whether the best checkpoint's weights are loaded when training ends
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
    ResumeFrom resumeFromCheckpoint) {

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
  public static Builder builder() {
    return new Builder();
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

  /** Gathers arguments; each method sets the one of its name. */
  public static final class Builder {
    private Path outputDir = Path.of("trainer_output");
    private int perDeviceTrainBatchSize = 8;
    private int perDeviceEvalBatchSize = 8;
    private int gradientAccumulationSteps = 1;
    private double numTrainEpochs = 3.0;
    private long maxSteps = -1;
    private double learningRate = 5e-5;
    private SchedulerType lrSchedulerType = SchedulerType.LINEAR;
    private double warmupSteps = 0;
    private OptimizerType optim = OptimizerType.ADAMW_TORCH_FUSED;
    private double weightDecay = 0.0;
    private double adamBeta1 = 0.9;
    private double adamBeta2 = 0.999;
    private double adamEpsilon = 1e-8;
    private double maxGradNorm = 1.0;
    private IntervalStrategy loggingStrategy = IntervalStrategy.STEPS;
    private double loggingSteps = 500;
    private boolean loggingFirstStep = false;
    private boolean loggingNanInfFilter = false;
    private boolean disableTqdm = false;
    private IntervalStrategy evalStrategy = IntervalStrategy.NO;
    private OptionalDouble evalSteps = OptionalDouble.empty();
    private double evalDelay = 0;
    private boolean evalOnStart = false;
    private boolean predictionLossOnly = false;
    private CheckpointStrategy saveStrategy = CheckpointStrategy.STEPS;
    private double saveSteps = 500;
    private OptionalInt saveTotalLimit = OptionalInt.empty();
    private boolean saveOnlyModel = false;
    private boolean asyncSave = false;
    private boolean incrementalSave = false;
    private boolean loadBestModelAtEnd = false;
    private Optional<String> metricForBestModel = Optional.empty();
    private Optional<Boolean> greaterIsBetter = Optional.empty();
    private long seed = 42;
    private OptionalLong dataSeed = OptionalLong.empty();
    private boolean dataloaderDropLast = false;
    private SamplingStrategy trainSamplingStrategy = SamplingStrategy.RANDOM;
    private ResumeFrom resumeFromCheckpoint = ResumeFrom.auto();

    private Builder() {}

    public Builder outputDir(Path value) {
      outputDir = value;
      return this;
    }

    public Builder perDeviceTrainBatchSize(int value) {
      perDeviceTrainBatchSize = value;
      return this;
    }

    public Builder perDeviceEvalBatchSize(int value) {
      perDeviceEvalBatchSize = value;
      return this;
    }

    public Builder gradientAccumulationSteps(int value) {
      gradientAccumulationSteps = value;
      return this;
    }

    public Builder numTrainEpochs(double value) {
      numTrainEpochs = value;
      return this;
    }

    public Builder maxSteps(long value) {
      maxSteps = value;
      return this;
    }

    public Builder learningRate(double value) {
      learningRate = value;
      return this;
    }

    public Builder lrSchedulerType(SchedulerType value) {
      lrSchedulerType = value;
      return this;
    }

    public Builder warmupSteps(double value) {
      warmupSteps = value;
      return this;
    }

    public Builder optim(OptimizerType value) {
      optim = value;
      return this;
    }

    public Builder weightDecay(double value) {
      weightDecay = value;
      return this;
    }

    public Builder adamBeta1(double value) {
      adamBeta1 = value;
      return this;
    }

    public Builder adamBeta2(double value) {
      adamBeta2 = value;
      return this;
    }

    public Builder adamEpsilon(double value) {
      adamEpsilon = value;
      return this;
    }

    public Builder maxGradNorm(double value) {
      maxGradNorm = value;
      return this;
    }

    public Builder loggingStrategy(IntervalStrategy value) {
      loggingStrategy = value;
      return this;
    }

    public Builder loggingSteps(double value) {
      loggingSteps = value;
      return this;
    }

    public Builder loggingFirstStep(boolean value) {
      loggingFirstStep = value;
      return this;
    }

    public Builder loggingNanInfFilter(boolean value) {
      loggingNanInfFilter = value;
      return this;
    }

    public Builder disableTqdm(boolean value) {
      disableTqdm = value;
      return this;
    }

    public Builder evalStrategy(IntervalStrategy value) {
      evalStrategy = value;
      return this;
    }

    public Builder evalSteps(double value) {
      evalSteps = OptionalDouble.of(value);
      return this;
    }

    public Builder evalDelay(double value) {
      evalDelay = value;
      return this;
    }

    public Builder evalOnStart(boolean value) {
      evalOnStart = value;
      return this;
    }

    public Builder predictionLossOnly(boolean value) {
      predictionLossOnly = value;
      return this;
    }

    public Builder saveStrategy(CheckpointStrategy value) {
      saveStrategy = value;
      return this;
    }

    public Builder saveSteps(double value) {
      saveSteps = value;
      return this;
    }

    public Builder saveTotalLimit(int value) {
      saveTotalLimit = OptionalInt.of(value);
      return this;
    }

    public Builder saveOnlyModel(boolean value) {
      saveOnlyModel = value;
      return this;
    }

    public Builder asyncSave(boolean value) {
      asyncSave = value;
      return this;
    }

    public Builder incrementalSave(boolean value) {
      incrementalSave = value;
      return this;
    }

    public Builder loadBestModelAtEnd(boolean value) {
      loadBestModelAtEnd = value;
      return this;
    }

    public Builder metricForBestModel(String value) {
      metricForBestModel = Optional.of(value);
      return this;
    }

    public Builder greaterIsBetter(boolean value) {
      greaterIsBetter = Optional.of(value);
      return this;
    }

    public Builder seed(long value) {
      seed = value;
      return this;
    }

    public Builder dataSeed(long value) {
      dataSeed = OptionalLong.of(value);
      return this;
    }

    public Builder dataloaderDropLast(boolean value) {
      dataloaderDropLast = value;
      return this;
    }

    public Builder trainSamplingStrategy(SamplingStrategy value) {
      trainSamplingStrategy = value;
      return this;
    }

    public Builder resumeFromCheckpoint(ResumeFrom value) {
      resumeFromCheckpoint = value;
      return this;
    }

    /**
     * The arguments.
     *
     * @throws IllegalArgumentException as the constructor of {@link TrainingArguments} says
     */
    public TrainingArguments build() {
      return new TrainingArguments(
          outputDir,
          perDeviceTrainBatchSize,
          perDeviceEvalBatchSize,
          gradientAccumulationSteps,
          numTrainEpochs,
          maxSteps,
          learningRate,
          lrSchedulerType,
          warmupSteps,
          optim,
          weightDecay,
          adamBeta1,
          adamBeta2,
          adamEpsilon,
          maxGradNorm,
          loggingStrategy,
          loggingSteps,
          loggingFirstStep,
          loggingNanInfFilter,
          disableTqdm,
          evalStrategy,
          evalSteps,
          evalDelay,
          evalOnStart,
          predictionLossOnly,
          saveStrategy,
          saveSteps,
          saveTotalLimit,
          saveOnlyModel,
          asyncSave,
          incrementalSave,
          loadBestModelAtEnd,
          metricForBestModel,
          greaterIsBetter,
          seed,
          dataSeed,
          dataloaderDropLast,
          trainSamplingStrategy,
          resumeFromCheckpoint);
    }
  }
}
