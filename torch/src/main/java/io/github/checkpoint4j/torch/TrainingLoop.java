package io.github.checkpoint4j.torch;

import java.io.IOException;
import java.util.Iterator;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;

/**
 * The steps of a training, from where it stands to its end, in the order of operations of Hugging
 * Face's Trainer.
 */
final class TrainingLoop<T> {

  /** Evaluates the model, logs the metrics and returns them. */
  interface Evaluator {
    Map<String, Double> evaluate();
  }

  private final Callbacks callbacks;
  private final TrainingArguments arguments;
  private final TrainerState state;
  private final TrainerControl control;
  private final RunLength length;
  private final DataLoader<T> loader;
  private final TrainingStep step;
  private final Evaluator evaluator;
  private final RunCheckpoints checkpoints;
  private final BooleanSupplier stopRequested;
  private final LossAverage losses;
  private final long dataSeed;

  private long epoch;
  private long batch;
  private OptionalDouble gradNorm;
  private OptionalDouble learningRate;
  private Map<String, Double> metricsOfStep = new TreeMap<>();
  private boolean diverged;

  TrainingLoop(
      Callbacks callbacks,
      RunLength length,
      DataLoader<T> loader,
      TrainingStep step,
      Evaluator evaluator,
      RunCheckpoints checkpoints,
      Position start,
      BooleanSupplier stopRequested) {
    this.callbacks = callbacks;
    this.arguments = callbacks.arguments();
    this.state = callbacks.state();
    this.control = callbacks.control();
    this.length = length;
    this.loader = loader;
    this.step = step;
    this.evaluator = evaluator;
    this.checkpoints = checkpoints;
    this.stopRequested = stopRequested;
    losses = new LossAverage(arguments.loggingNanInfFilter());
    losses.restore(
        (float) start.lossSum(), start.lossTotal(), start.loggedStep(), start.firstStep());
    dataSeed = start.dataSeed();
    epoch = start.epoch();
    batch = start.batch();
    gradNorm = start.gradNorm();
    learningRate = start.learningRate();
  }

  /** Trains to the end; returns whether it was stopped on request. */
  boolean run() throws IOException {
    if (control.shouldTrainingStop()) {
      return false;
    }
    step.begin();
    if (arguments.evalOnStart() && state.globalStep() == 0) {
      evaluator.evaluate();
    }
    while (epoch < length.epochs() && state.globalStep() < state.maxSteps()) {
      if (stopRequested.getAsBoolean()) {
        return true;
      }
      callbacks.epochBegin();
      if (runSteps()) {
        return true;
      }
      callbacks.epochEnd();
      if (!control.shouldTrainingStop() || batch == length.batchesPerEpoch()) {
        epoch++;
        batch = 0;
      }
      logEvaluateSave(false);
      if (control.shouldTrainingStop()) {
        return false;
      }
    }
    return false;
  }

  /** The average loss of a step of the whole run. */
  double averageLoss() {
    return losses.ofRun(state.globalStep());
  }

  /**
   * Does the steps that are left of the epoch: none, if the run goes on between the last of them
   * and the end of the epoch. Returns whether to stop on request.
   */
  private boolean runSteps() throws IOException {
    if (batch == length.batchesPerEpoch()) {
      return false;
    }
    Iterator<Batch> batches = loader.epoch(epoch, batch);
    while (batch < length.batchesPerEpoch()) {
      callbacks.stepBegin();
      metricsOfStep = new TreeMap<>();
      doStep(batches);
      state.stepDone(epoch + (double) batch / length.batchesPerEpoch());
      callbacks.stepEnd();
      // After the last step there is nothing to go on with: the training ends as it would.
      boolean stop = stopRequested.getAsBoolean() && state.globalStep() < state.maxSteps();
      logEvaluateSave(stop);
      if (stop) {
        return true;
      }
      if (control.shouldEpochStop() || control.shouldTrainingStop()) {
        return false;
      }
    }
    return false;
  }

  private void doStep(Iterator<Batch> batches) {
    long count = length.batchesOfStep(batch);
    try (var inputs = StepBatches.next(batches, count)) {
      OptionalLong items = step.items(inputs.all());
      long done = 0;
      for (Batch input : inputs.all()) {
        float loss = step.accumulate(input, count, items);
        add(loss);
        callbacks.batchLoss(loss, input.size());
        if (++done < count) {
          callbacks.substepEnd();
        }
      }
    }
    gradNorm = OptionalDouble.of(step.clip());
    callbacks.preOptimizerStep();
    step.update();
    callbacks.optimizerStep();
    learningRate = OptionalDouble.of(step.finish());
    batch += count;
  }

  private void add(float loss) {
    losses.add(loss, state.globalStep());
    if (!Float.isFinite(loss) && !diverged) {
      diverged = true;
      callbacks.divergence(loss);
    }
  }

  private void logEvaluateSave(boolean stopping) throws IOException {
    if (control.shouldLog() && losses.hasStepsSince(state.globalStep())) {
      log();
    }
    if (control.shouldEvaluate()) {
      Map<String, Double> metrics = evaluator.evaluate();
      metricsOfStep.putAll(metrics);
      boolean best = isBest(metrics);
      if (arguments.saveStrategy() == CheckpointStrategy.BEST) {
        control.shouldSave(best);
      }
    }
    if (stopping && arguments.saveStrategy() != CheckpointStrategy.NO) {
      control.shouldSave(true);
    }
    if (control.shouldSave()) {
      control.keepIn(state);
      callbacks.keepStates();
      position().keepIn(state);
      checkpoints.save(state, metricsOfStep).ifPresent(callbacks::save);
      control.shouldSave(false);
    } else {
      checkpoints.pollSave().ifPresent(callbacks::save);
    }
  }

  private void log() {
    Map<String, Double> logs = new TreeMap<>();
    logs.put("loss", losses.log(state.globalStep()));
    gradNorm.ifPresent(norm -> logs.put("grad_norm", norm));
    logs.put("learning_rate", learningRate.orElseGet(step::learningRate));
    metricsOfStep.put("loss", logs.get("loss"));
    callbacks.log(logs);
  }

  /** Whether the metrics are the best so far; the state remembers them if they are. */
  private boolean isBest(Map<String, Double> metrics) {
    Optional<String> name = arguments.bestMetric();
    if (name.isEmpty()) {
      return false;
    }
    Double value = metrics.get(name.get());
    if (value == null) {
      throw new IllegalArgumentException(
          "metricForBestModel is '%s', which the evaluation does not have; it has %s"
              .formatted(name.get(), String.join(", ", metrics.keySet())));
    }
    return state.improve(
        value,
        arguments.greaterIsBetter().orElseThrow(),
        arguments.saveStrategy() != CheckpointStrategy.NO);
  }

  private Position position() {
    return new Position(
        state.globalStep(),
        epoch,
        batch,
        dataSeed,
        losses.sum(),
        losses.total(),
        losses.loggedStep(),
        losses.firstStep(),
        gradNorm,
        learningRate);
  }
}
