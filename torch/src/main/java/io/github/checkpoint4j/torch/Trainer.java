package io.github.checkpoint4j.torch;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.state.Stateful;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.ToIntFunction;

/**
 * Trains a model with checkpoints, as Hugging Face's Trainer does: the same arithmetic of steps and
 * epochs, the same order of data, the same files. A run that was interrupted, even killed, goes on
 * with the bits it would have had: weights, optimizer, random numbers, data and logged losses.
 *
 * <pre>{@code
 * Trainer<LabeledText> trainer = Trainer.<LabeledText>builder()
 *     .model(model)
 *     .arguments(TrainingArguments.builder().outputDir(Path.of("runs/reviews")).maxSteps(100).build())
 *     .trainDataset(reviews)
 *     .evalDataset(others)
 *     .collator(collator)
 *     .computeMetrics(ComputeMetrics.accuracy())
 *     .build();
 * trainer.train();
 * }</pre>
 *
 * <p>Random numbers come from libtorch's default generator, which is one for the whole process: one
 * trainer trains at a time. Only {@link #requestStop} may be called from another thread.
 *
 * <p>With gradient accumulation the loss of a step is the mean of its batches' mean losses; of a
 * causal language model, and with label smoothing, that of all labels of the step.
 *
 * @param <T> an example
 */
public final class Trainer<T> {
  private final TrainableModel model;
  private final TrainingArguments arguments;
  private final List<T> trainExamples;
  private final List<T> evalExamples;
  private final Optional<Collator<T>> collator;
  private final ExampleOrders<T> orders;
  private final Optional<Collator<T>> evalCollator;
  private final Optional<ComputeMetrics> computeMetrics;
  private final Optional<PredictionStep> predictionStep;
  private final Optional<LossMetrics> lossMetrics;
  private final LearningRates learningRates;
  private final Optional<OptimizerFactory> optimizerFactory;
  private final List<TrainerCallback> callbacks;
  private final Optional<AveragedWeights> averages;
  private final InstantSource clock;
  private final TorchDevice device;
  private final RandomState random;

  private volatile boolean stopRequested;
  private TrainerState state = new TrainerState();

  private Trainer(Builder<T> builder) {
    this.model = builder.requireModel();
    this.arguments = builder.arguments;
    this.trainExamples = List.copyOf(builder.trainExamples);
    this.evalExamples = List.copyOf(builder.evalExamples);
    this.collator = builder.collator;
    this.evalCollator = builder.evalCollator;
    this.computeMetrics = builder.computeMetrics;
    this.predictionStep = builder.predictionStep;
    this.lossMetrics = builder.lossMetrics;
    this.learningRates = builder.learningRates;
    this.optimizerFactory = builder.requireOneWayOfRates();
    ArgumentRules.checkpointedModel(arguments, model);
    this.device = builder.device;
    device.requireAvailable();
    device.move(model.module());
    builder.freezing.apply(model.module());
    this.averages = builder.averages;
    averages.ifPresent(AveragedWeights::follow);
    this.callbacks = new ArrayList<>(List.of(new DefaultFlow()));
    averages.map(AveragedWeights::afterSteps).ifPresent(this.callbacks::add);
    this.callbacks.addAll(builder.callbacks);
    this.clock = builder.clock;
    this.random = RandomState.seeded(arguments.seed(), device.generator());
    this.orders = new ExampleOrders<>(arguments, builder.length, random);
  }

  /** A builder of a trainer. */
  public static <T> Builder<T> builder() {
    return new Builder<>();
  }

  /** How far the training is, and what it logged. */
  public TrainerState state() {
    return state;
  }

  /**
   * Ends the training after the step that is being done, with a checkpoint unless {@code
   * saveStrategy} is NO. What is due after that step is done first. May be called from any thread,
   * also from one that handles a signal; returns at once.
   */
  public void requestStop() {
    stopRequested = true;
  }

  /**
   * Trains: from where {@link TrainingArguments#resumeFromCheckpoint} says, to the last step.
   *
   * <p>Arguments that differ from those of the checkpoint take effect, the learning rate and its
   * schedule at once, and are {@linkplain TrainerCallback#onResume reported}; Hugging Face keeps
   * the checkpoint's steps between logs, evaluations and checkpoints. Two kinds do not take effect:
   * the seeds, since the random numbers and the order of the data are the checkpoint's; and what
   * the place in the data or the optimizer's state depends on (batch size, gradient accumulation,
   * the number of examples, their sampling, the optimizer, which parameters are frozen, the
   * learning rates of parts of the model), which is refused. Of a checkpoint made in Python they
   * are known from its {@linkplain SavedArguments training_args.bin}; what that asks for and is not
   * supported is reported, or refused if the optimizer's state or the order of the data depends on
   * it.
   *
   * <p>Files in the checkpoint that training does not make itself are in the later ones, too.
   *
   * @throws IllegalArgumentException if the arguments do not fit the data, the model or the
   *     checkpoint, or the checkpoint asked for lacks a part of the state or is of several
   *     processes; the message says what to do
   * @throws io.github.checkpoint4j.state.StateMismatchException if the checkpoint does not fit the
   *     model
   * @throws io.github.checkpoint4j.store.CheckpointLockedException if another trainer has the
   *     output directory
   * @throws IOException if a checkpoint cannot be read or saved. Every checkpoint saved before is
   *     still there
   */
  public TrainResult train() throws IOException {
    TrainResult result = trainInDirectory();
    callbacks.forEach(callback -> callback.onFinish(arguments, state, result));
    return result;
  }

  private TrainResult trainInDirectory() throws IOException {
    long seed = arguments.effectiveDataSeed();
    RunLength length =
        RunLength.of(arguments, trainExamples.size(), loader(seed).batchesPerEpoch());
    Optimizer optimizer =
        optimizerFactory
            .map(factory -> factory.over(model.module()))
            .orElseGet(() -> arguments.optim().over(model.module(), arguments, learningRates));
    LearningRateSchedule schedule =
        arguments
            .lrSchedulerType()
            .schedule(
                arguments.warmupSteps(length.maxSteps()),
                length.maxSteps(),
                arguments.learningRate());
    var scheduler = new LearningRateScheduler(optimizer, schedule);
    var onResume = new ArgumentsOnResume(optimizer, scheduler, schedule);
    Map<String, Stateful> parts = new LinkedHashMap<>();
    parts.put("optimizer", optimizer);
    parts.put("scheduler", scheduler);
    averages.ifPresent(present -> parts.put(AveragedWeights.COMPONENT, present));
    parts.put("rng", random);
    try (RunCheckpoints checkpoints =
        RunCheckpoints.open(
            arguments,
            model,
            ModuleState.of(model.module()),
            parts,
            TrainedParameters.of(
                model.module(),
                learningRates,
                optimizerFactory.map(_ -> optimizer.getClass().getSimpleName())),
            CallbackTensors.of(callbacks),
            trainExamples.size(),
            clock)) {
      Optional<RunCheckpoints.Resumed> resumed = checkpoints.resume();
      state = resumed.map(RunCheckpoints.Resumed::state).orElseGet(TrainerState::new);
      long orderSeed = resumed.map(from -> from.arguments().dataSeed().orElse(seed)).orElse(seed);
      Position left =
          Position.in(state).orElseGet(() -> Position.at(state.globalStep(), length, orderSeed));
      Position start = arguments.ignoreDataSkip() ? left.withoutSkip(length) : left;
      var events = new Callbacks(callbacks, arguments, state, new TrainerControl());
      events.prepare(new TrainingParts(model, optimizer, scheduler));
      Optional<Resumption> resumption =
          resumed.map(
              from -> {
                var applied = new ArrayList<>(onResume.apply());
                applied.addAll(events.restoreStates(from.callbackTensors()));
                orders.changeAt(start).ifPresent(applied::add);
                if (left.batch() != start.batch()) {
                  applied.add(
                      new Resumption.Change(
                          "batches_to_skip",
                          Json.of(left.batch()),
                          Json.of(start.batch()),
                          Resumption.Effect.APPLIED));
                }
                var differences = new ResumeDifferences(arguments, length, from, start.dataSeed());
                return new Resumption(
                    from.checkpoint(),
                    start.epoch(),
                    start.batch(),
                    differences.all(checkpoints.changes(), applied),
                    checkpoints.skipped());
              });
      state.begin(arguments, length);
      resumption.ifPresent(events::resume);
      var loop =
          new TrainingLoop<>(
              events,
              length,
              loader(start.dataSeed()),
              new TrainingStep(
                  model,
                  TrainerLoss.of(model, arguments),
                  optimizer,
                  scheduler,
                  arguments.maxGradNorm(),
                  arguments.gradientCheckpointing()),
              () -> evaluate(events),
              checkpoints,
              start,
              () -> stopRequested);
      return run(loop, events, length, checkpoints);
    }
  }

  private TrainResult run(
      TrainingLoop<T> loop, Callbacks events, RunLength length, RunCheckpoints checkpoints)
      throws IOException {
    Instant begun = clock.instant();
    long first = state.globalStep();
    events.trainBegin();
    boolean stopped = loop.run();
    checkpoints.awaitSave().ifPresent(events::save);
    long steps = state.globalStep() - first;
    double loss = loop.averageLoss();
    Map<String, Double> metrics = new TreeMap<>();
    SpeedMetrics.add(
        metrics,
        "train",
        Duration.between(begun, clock.instant()),
        length.samples() * steps / Math.max(state.maxSteps(), 1),
        steps);
    metrics.put("total_flos", state.totalFlos());
    metrics.put("train_loss", loss);
    if (!stopped) {
      events.log(metrics);
      if (arguments.loadBestModelAtEnd()) {
        events.loadBest(checkpoints.loadBest());
      }
    }
    events.trainEnd();
    TrainResult.Ended ended =
        stopped
            ? TrainResult.Ended.STOPPED_ON_REQUEST
            : state.globalStep() >= state.maxSteps()
                ? TrainResult.Ended.COMPLETE
                : TrainResult.Ended.STOPPED_BY_CALLBACK;
    return new TrainResult(state.globalStep(), loss, metrics, ended);
  }

  /**
   * Evaluates the model as it is now; the metrics are added to the history.
   *
   * @return the metrics, by names that begin with {@code eval_}
   * @throws IllegalArgumentException if there is no evaluation data
   */
  public Map<String, Double> evaluate() {
    return evaluate(new Callbacks(callbacks, arguments, state, new TrainerControl()));
  }

  private Map<String, Double> evaluate(Callbacks events) {
    if (evalExamples.isEmpty()) {
      throw new IllegalArgumentException(
          "there is no evaluation data; give some, or set evalStrategy to NO");
    }
    var evalLoader =
        new DataLoader<>(
            evalExamples,
            onDevice(evalCollator.or(() -> collator)),
            arguments.perDeviceEvalBatchSize(),
            orders.ofEvaluation(evalExamples),
            false);
    var evaluation =
        new Evaluation<>(
            model,
            TrainerLoss.of(model, arguments),
            evalLoader,
            computeMetrics.filter(_ -> !arguments.predictionLossOnly()),
            predictionStep,
            lossMetrics,
            arguments.loggingNanInfFilter(),
            clock);
    Map<String, Double> metrics = evaluation.run(events::predictionStep);
    events.log(metrics);
    events.evaluate(metrics);
    return metrics;
  }

  private DataLoader<T> loader(long seed) {
    if (trainExamples.isEmpty()) {
      throw new IllegalArgumentException("there is no training data");
    }
    return new DataLoader<>(
        trainExamples,
        onDevice(collator),
        arguments.perDeviceTrainBatchSize(),
        orders.ofTraining(trainExamples, seed),
        arguments.dataloaderDropLast());
  }

  private Collator<T> onDevice(Optional<Collator<T>> given) {
    Collator<T> present =
        given.orElseThrow(
            () ->
                new IllegalArgumentException(
                    "there is no collator, which makes batches of examples"));
    return examples -> device.move(present.collate(examples));
  }

  /**
   * Gathers the parts of a trainer. A model, arguments and training data are needed to train; a
   * model and evaluation data to evaluate.
   */
  public static final class Builder<T> {
    private Optional<TrainableModel> model = Optional.empty();
    private TrainingArguments arguments = TrainingArguments.builder().build();
    private List<T> trainExamples = List.of();
    private List<T> evalExamples = List.of();
    private Optional<Collator<T>> collator = Optional.empty();
    private Optional<ToIntFunction<? super T>> length = Optional.empty();
    private Optional<Collator<T>> evalCollator = Optional.empty();
    private Optional<ComputeMetrics> computeMetrics = Optional.empty();
    private Optional<PredictionStep> predictionStep = Optional.empty();
    private Optional<LossMetrics> lossMetrics = Optional.empty();
    private Freezing freezing = Freezing.none();
    private LearningRates learningRates = LearningRates.uniform();
    private Optional<OptimizerFactory> optimizerFactory = Optional.empty();
    private final List<TrainerCallback> callbacks = new ArrayList<>();
    private Optional<AveragedWeights> averages = Optional.empty();
    private InstantSource clock = InstantSource.system();
    private TorchDevice device = TorchDevice.cpu();

    private Builder() {}

    public Builder<T> model(TrainableModel value) {
      model = Optional.of(value);
      return this;
    }

    public Builder<T> arguments(TrainingArguments value) {
      arguments = value;
      return this;
    }

    public Builder<T> trainDataset(List<T> examples) {
      trainExamples = examples;
      return this;
    }

    public Builder<T> evalDataset(List<T> examples) {
      evalExamples = examples;
      return this;
    }

    /** What makes batches of examples, for training and evaluation. */
    public Builder<T> collator(Collator<T> value) {
      collator = Optional.of(value);
      return this;
    }

    /** How long an example is, in tokens, for {@link SamplingStrategy#GROUP_BY_LENGTH}. */
    public Builder<T> length(ToIntFunction<? super T> value) {
      length = Optional.of(value);
      return this;
    }

    /**
     * What makes the batches of an evaluation, if that is another: one that hides the same tokens
     * each time, for instance.
     */
    public Builder<T> evalCollator(Collator<T> value) {
      evalCollator = Optional.of(value);
      return this;
    }

    public Builder<T> computeMetrics(ComputeMetrics value) {
      computeMetrics = Optional.of(value);
      return this;
    }

    /** What predicts in place of the model's logits, for {@link #computeMetrics}. */
    public Builder<T> predictionStep(PredictionStep value) {
      predictionStep = Optional.of(value);
      return this;
    }

    /** Metrics of an evaluation's loss. */
    public Builder<T> lossMetrics(LossMetrics value) {
      lossMetrics = Optional.of(value);
      return this;
    }

    /** The parameters that are not trained, besides those that need no gradient already. */
    public Builder<T> freeze(Freezing value) {
      freezing = value;
      return this;
    }

    /** Learning rates of parts of the model. */
    public Builder<T> learningRates(LearningRates value) {
      learningRates = value;
      return this;
    }

    /**
     * Another optimizer than the arguments name, of a class of its own; a run goes on with the same
     * class only. Its options are its own: the arguments' learning rate, weight decay, betas and
     * epsilon are not looked at; their schedule is.
     */
    public Builder<T> optimizer(OptimizerFactory value) {
      optimizerFactory = Optional.of(value);
      return this;
    }

    /** Adds a callback, for instance {@link ConsoleReport#standardError}. */
    public Builder<T> callback(TrainerCallback value) {
      callbacks.add(value);
      return this;
    }

    /** Averages of the model's weights, which are updated after each step and saved. */
    public Builder<T> averagedWeights(AveragedWeights value) {
      averages = Optional.of(value);
      return this;
    }

    /**
     * Where the model is trained; the CPU by default. {@link #build} moves it there, and batches
     * are moved as they are made. Checkpoints do not depend on it: a run may go on elsewhere, with
     * other random numbers in dropout and other roundings.
     */
    public Builder<T> device(TorchDevice value) {
      device = value;
      return this;
    }

    /** The clock for run times; the system's by default. */
    public Builder<T> clock(InstantSource value) {
      clock = value;
      return this;
    }

    /**
     * The trainer. Seeds libtorch's random numbers, moves the model to the device, and freezes
     * parameters.
     *
     * @throws IllegalStateException if there is no model
     * @throws IllegalArgumentException if the seed is not one, the model does not support gradient
     *     checkpointing and is to, the device is {@linkplain TorchDevice#requireAvailable not
     *     there}, parameters to be frozen are not there or all there are, or there is an optimizer
     *     besides learning rates of parts
     */
    public Trainer<T> build() {
      return new Trainer<>(this);
    }

    private Optional<OptimizerFactory> requireOneWayOfRates() {
      if (optimizerFactory.isPresent() && !learningRates.isUniform()) {
        throw new IllegalArgumentException(
            "learning rates of parts of the model are for the optimizer that the arguments name;"
                + " leave them out, or the optimizer");
      }
      return optimizerFactory;
    }

    private TrainableModel requireModel() {
      return model.orElseThrow(() -> new IllegalStateException("a trainer needs a model"));
    }
  }
}
