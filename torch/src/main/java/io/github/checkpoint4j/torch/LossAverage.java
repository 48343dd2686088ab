package io.github.checkpoint4j.torch;

/**
 * The training loss since it was last logged. Summed in single precision, as Hugging Face's Trainer
 * does, so that the logged numbers are the same.
 */
final class LossAverage {
  private final boolean finiteOnly;
  private float sum;
  private double total;
  private long loggedStep;
  private long firstStep;

  LossAverage(boolean finiteOnly) {
    this.finiteOnly = finiteOnly;
  }

  /**
   * Takes up the sums of an interrupted run.
   *
   * @param sum the losses since {@code loggedStep}
   * @param total the logged losses since {@code firstStep}
   */
  void restore(float sum, double total, long loggedStep, long firstStep) {
    this.sum = sum;
    this.total = total;
    this.loggedStep = loggedStep;
    this.firstStep = firstStep;
  }

  /** Adds the loss of a batch in the step after {@code step}. */
  void add(float loss, long step) {
    if (finiteOnly && !Float.isFinite(loss)) {
      sum += sum / (1 + step - loggedStep);
    } else {
      sum += loss;
    }
  }

  boolean hasStepsSince(long step) {
    return step > loggedStep;
  }

  /** The average per step since the last one, which begins anew. */
  double log(long step) {
    double average = sum / (double) (step - loggedStep);
    total += sum;
    sum = 0;
    loggedStep = step;
    return average;
  }

  /** The average per step of the whole run, as far as its losses are known. */
  double ofRun(long step) {
    return (total + sum) / Math.max((double) (step - firstStep), 0.001);
  }

  float sum() {
    return sum;
  }

  double total() {
    return total;
  }

  long loggedStep() {
    return loggedStep;
  }

  long firstStep() {
    return firstStep;
  }
}
