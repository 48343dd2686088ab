package io.github.checkpoint4j.torch;

import java.util.Optional;

/** What {@link TrainingArguments} have to satisfy, one by one and together. */
final class ArgumentRules {
  private ArgumentRules() {}

  static void atLeast(String name, int value, int least) {
    if (value < least) {
      throw new IllegalArgumentException(
          name + " is " + value + "; it has to be at least " + least);
    }
  }

  static void notNegative(String name, double value) {
    if (!(value >= 0 && Double.isFinite(value))) {
      throw new IllegalArgumentException(
          name + " is " + value + "; it has to be a number from 0 up");
    }
  }

  static void share(String name, double value) {
    if (!(value >= 0 && value < 1)) {
      throw new IllegalArgumentException(
          name + " is " + value + "; it has to be at least 0 and below 1");
    }
  }

  static void duration(double numTrainEpochs, long maxSteps) {
    if (maxSteps == 0 || maxSteps < -1) {
      throw new IllegalArgumentException(
          "maxSteps is " + maxSteps + "; give a number above 0, or -1 to go by numTrainEpochs");
    }
    if (!(numTrainEpochs > 0 && Double.isFinite(numTrainEpochs))) {
      throw new IllegalArgumentException(
          "numTrainEpochs is " + numTrainEpochs + "; it has to be a number above 0");
    }
  }

  /** Steps are a whole number, or a share of all steps below 1. */
  static void steps(String name, double value) {
    notNegative(name, value);
    if (value >= 1 && (value != Math.rint(value) || value > 1e15)) {
      throw new IllegalArgumentException(
          name
              + " is "
              + value
              + "; from 1 up it is a number of steps and has to be whole, below 1 it is a share of"
              + " all steps");
    }
  }

  static void everySoOften(IntervalStrategy logging, double loggingSteps, double evalSteps) {
    if (logging == IntervalStrategy.STEPS && loggingSteps == 0) {
      throw new IllegalArgumentException(
          "loggingSteps is 0; give a number of steps, or set loggingStrategy to NO");
    }
    if (evalSteps == 0) {
      throw new IllegalArgumentException(
          "evalStrategy is STEPS, and evalSteps and loggingSteps are 0; give evalSteps");
    }
  }

  static void bestIsKnown(IntervalStrategy evaluation, Optional<String> metric) {
    if (evaluation == IntervalStrategy.NO) {
      throw new IllegalArgumentException(
          "saveStrategy BEST saves after evaluations, and evalStrategy is NO; set evalStrategy to"
              + " STEPS or EPOCH");
    }
    if (metric.isEmpty()) {
      throw new IllegalArgumentException(
          "saveStrategy BEST needs metricForBestModel, for instance \"loss\" or \"accuracy\"");
    }
  }

  static void checkpointedModel(TrainingArguments arguments, TrainableModel model) {
    if (arguments.gradientCheckpointing() && !model.supportsGradientCheckpointing()) {
      throw new IllegalArgumentException(
          "gradientCheckpointing is true, and the model, of %s, does not support it; set it to false"
              .formatted(model.getClass().getName()));
    }
  }

  /** The best checkpoint can be told only if each was evaluated when it was saved. */
  static void everyCheckpointIsEvaluated(
      IntervalStrategy evaluation, double evalSteps, CheckpointStrategy saving, double saveSteps) {
    if (evaluation == IntervalStrategy.NO || !evaluation.name().equals(saving.name())) {
      throw new IllegalArgumentException(
          "loadBestModelAtEnd needs an evaluation with each checkpoint, but evalStrategy is "
              + evaluation
              + " and saveStrategy is "
              + saving
              + "; set both to STEPS or both to EPOCH, or saveStrategy to BEST");
    }
    if (evaluation != IntervalStrategy.STEPS) {
      return;
    }
    boolean mixed = (evalSteps < 1) != (saveSteps < 1);
    // Ratios are compared in millionths, since 0.3 % 0.1 is not 0 in binary fractions.
    double scale = evalSteps < 1 ? 1_000_000 : 1;
    if (mixed || saveSteps * scale % (evalSteps * scale) != 0) {
      throw new IllegalArgumentException(
          "loadBestModelAtEnd needs an evaluation with each checkpoint, but saveSteps "
              + saveSteps
              + (mixed
                  ? " and evalSteps " + evalSteps + " are a share and a number of steps; give both"
                  : " is not a multiple of evalSteps " + evalSteps + "; choose a multiple")
              + (mixed ? " the same way" : ""));
    }
  }
}
