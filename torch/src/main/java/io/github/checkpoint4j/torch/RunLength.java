package io.github.checkpoint4j.torch;

/**
 * How long a run is, by the arithmetic of Hugging Face's Trainer.
 *
 * @param batchesPerEpoch batches in an epoch; above 0
 * @param batchesPerStep batches in a step of the optimizer; the last step of an epoch may have
 *     fewer
 * @param maxSteps steps in all
 * @param epochs epochs begun until then
 * @param samples examples seen until then, as far as can be told beforehand
 */
record RunLength(
    long batchesPerEpoch, int batchesPerStep, long maxSteps, long epochs, double samples) {

  /**
   * The length of a run with these arguments.
   *
   * @param batchesPerEpoch above 0
   */
  static RunLength of(TrainingArguments arguments, long examples, long batchesPerEpoch) {
    int batchesPerStep = arguments.gradientAccumulationSteps();
    long stepsPerEpoch = Math.ceilDiv(batchesPerEpoch, batchesPerStep);
    if (arguments.maxSteps() > 0) {
      long maxSteps = arguments.maxSteps();
      return new RunLength(
          batchesPerEpoch,
          batchesPerStep,
          maxSteps,
          Math.ceilDiv(maxSteps, stepsPerEpoch),
          (double) maxSteps * arguments.perDeviceTrainBatchSize() * batchesPerStep);
    }
    return new RunLength(
        batchesPerEpoch,
        batchesPerStep,
        (long) Math.ceil(arguments.numTrainEpochs() * stepsPerEpoch),
        (long) Math.ceil(arguments.numTrainEpochs()),
        examples * arguments.numTrainEpochs());
  }

  long stepsPerEpoch() {
    return Math.ceilDiv(batchesPerEpoch, batchesPerStep);
  }

  /** The epoch, from 0, that the step after {@code step} belongs to. */
  long epochAfter(long step) {
    return step / stepsPerEpoch();
  }

  /** The batches of that epoch that were used up to {@code step}. */
  long batchesAfter(long step) {
    return step % stepsPerEpoch() * batchesPerStep;
  }

  /** The batches of the step that begins after {@code batch} batches of an epoch. */
  long batchesOfStep(long batch) {
    return Math.min(batchesPerStep, batchesPerEpoch - batch);
  }
}
