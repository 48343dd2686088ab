package io.github.checkpoint4j.torch;

import io.github.checkpoint4j.format.Json;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** Gathers {@link TrainingArguments}; each method sets the one of its name. */
public final class TrainingArgumentsBuilder {
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
  private double labelSmoothingFactor = 0.0;
  private boolean bf16 = false;
  private boolean gradientCheckpointing = false;
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
  private boolean ignoreDataSkip = false;
  private boolean restoreCallbackStatesFromCheckpoint = true;

  TrainingArgumentsBuilder() {}

  public TrainingArgumentsBuilder outputDir(Path value) {
    outputDir = value;
    return this;
  }

  public TrainingArgumentsBuilder perDeviceTrainBatchSize(int value) {
    perDeviceTrainBatchSize = value;
    return this;
  }

  public TrainingArgumentsBuilder perDeviceEvalBatchSize(int value) {
    perDeviceEvalBatchSize = value;
    return this;
  }

  public TrainingArgumentsBuilder gradientAccumulationSteps(int value) {
    gradientAccumulationSteps = value;
    return this;
  }

  public TrainingArgumentsBuilder numTrainEpochs(double value) {
    numTrainEpochs = value;
    return this;
  }

  public TrainingArgumentsBuilder maxSteps(long value) {
    maxSteps = value;
    return this;
  }

  public TrainingArgumentsBuilder learningRate(double value) {
    learningRate = value;
    return this;
  }

  public TrainingArgumentsBuilder lrSchedulerType(SchedulerType value) {
    lrSchedulerType = value;
    return this;
  }

  public TrainingArgumentsBuilder warmupSteps(double value) {
    warmupSteps = value;
    return this;
  }

  public TrainingArgumentsBuilder optim(OptimizerType value) {
    optim = value;
    return this;
  }

  public TrainingArgumentsBuilder weightDecay(double value) {
    weightDecay = value;
    return this;
  }

  public TrainingArgumentsBuilder adamBeta1(double value) {
    adamBeta1 = value;
    return this;
  }

  public TrainingArgumentsBuilder adamBeta2(double value) {
    adamBeta2 = value;
    return this;
  }

  public TrainingArgumentsBuilder adamEpsilon(double value) {
    adamEpsilon = value;
    return this;
  }

  public TrainingArgumentsBuilder maxGradNorm(double value) {
    maxGradNorm = value;
    return this;
  }

  public TrainingArgumentsBuilder labelSmoothingFactor(double value) {
    labelSmoothingFactor = value;
    return this;
  }

  public TrainingArgumentsBuilder bf16(boolean value) {
    bf16 = value;
    return this;
  }

  public TrainingArgumentsBuilder gradientCheckpointing(boolean value) {
    gradientCheckpointing = value;
    return this;
  }

  public TrainingArgumentsBuilder loggingStrategy(IntervalStrategy value) {
    loggingStrategy = value;
    return this;
  }

  public TrainingArgumentsBuilder loggingSteps(double value) {
    loggingSteps = value;
    return this;
  }

  public TrainingArgumentsBuilder loggingFirstStep(boolean value) {
    loggingFirstStep = value;
    return this;
  }

  public TrainingArgumentsBuilder loggingNanInfFilter(boolean value) {
    loggingNanInfFilter = value;
    return this;
  }

  public TrainingArgumentsBuilder disableTqdm(boolean value) {
    disableTqdm = value;
    return this;
  }

  public TrainingArgumentsBuilder evalStrategy(IntervalStrategy value) {
    evalStrategy = value;
    return this;
  }

  public TrainingArgumentsBuilder evalSteps(double value) {
    evalSteps = OptionalDouble.of(value);
    return this;
  }

  public TrainingArgumentsBuilder evalDelay(double value) {
    evalDelay = value;
    return this;
  }

  public TrainingArgumentsBuilder evalOnStart(boolean value) {
    evalOnStart = value;
    return this;
  }

  public TrainingArgumentsBuilder predictionLossOnly(boolean value) {
    predictionLossOnly = value;
    return this;
  }

  public TrainingArgumentsBuilder saveStrategy(CheckpointStrategy value) {
    saveStrategy = value;
    return this;
  }

  public TrainingArgumentsBuilder saveSteps(double value) {
    saveSteps = value;
    return this;
  }

  public TrainingArgumentsBuilder saveTotalLimit(int value) {
    saveTotalLimit = OptionalInt.of(value);
    return this;
  }

  public TrainingArgumentsBuilder saveOnlyModel(boolean value) {
    saveOnlyModel = value;
    return this;
  }

  public TrainingArgumentsBuilder asyncSave(boolean value) {
    asyncSave = value;
    return this;
  }

  public TrainingArgumentsBuilder incrementalSave(boolean value) {
    incrementalSave = value;
    return this;
  }

  public TrainingArgumentsBuilder loadBestModelAtEnd(boolean value) {
    loadBestModelAtEnd = value;
    return this;
  }

  public TrainingArgumentsBuilder metricForBestModel(String value) {
    metricForBestModel = Optional.of(value);
    return this;
  }

  public TrainingArgumentsBuilder greaterIsBetter(boolean value) {
    greaterIsBetter = Optional.of(value);
    return this;
  }

  public TrainingArgumentsBuilder seed(long value) {
    seed = value;
    return this;
  }

  public TrainingArgumentsBuilder dataSeed(long value) {
    dataSeed = OptionalLong.of(value);
    return this;
  }

  public TrainingArgumentsBuilder dataloaderDropLast(boolean value) {
    dataloaderDropLast = value;
    return this;
  }

  public TrainingArgumentsBuilder trainSamplingStrategy(SamplingStrategy value) {
    trainSamplingStrategy = value;
    return this;
  }

  public TrainingArgumentsBuilder resumeFromCheckpoint(ResumeFrom value) {
    resumeFromCheckpoint = value;
    return this;
  }

  public TrainingArgumentsBuilder ignoreDataSkip(boolean value) {
    ignoreDataSkip = value;
    return this;
  }

  public TrainingArgumentsBuilder restoreCallbackStatesFromCheckpoint(boolean value) {
    restoreCallbackStatesFromCheckpoint = value;
    return this;
  }

  /**
   * Sets the arguments in a JSON object, which have Hugging Face's names, of today or of older
   * versions: {@code learning_rate}, {@code evaluation_strategy}. One that is null is left as it
   * is.
   *
   * @throws IllegalArgumentException if there is no argument of a name, its value is of the wrong
   *     kind, or it asks for something that is not supported here; the message names it
   */
  public TrainingArgumentsBuilder set(Json.Obj arguments) {
    JsonArguments.set(this, arguments);
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
        labelSmoothingFactor,
        bf16,
        gradientCheckpointing,
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
        resumeFromCheckpoint,
        ignoreDataSkip,
        restoreCallbackStatesFromCheckpoint);
  }
}
