package io.github.checkpoint4j.torch;

import java.util.Map;

/**
 * How a training ended: Hugging Face's {@code TrainOutput}.
 *
 * @param globalStep steps done, earlier runs of the same training included
 * @param trainingLoss the average loss of a step over the whole training
 * @param metrics speed and loss, as in the last entry of the history
 * @param ended why it ended
 */
public record TrainResult(
    long globalStep, double trainingLoss, Map<String, Double> metrics, Ended ended) {

  /** Why a training ended. */
  public enum Ended {
    /** All steps are done. */
    COMPLETE,
    /** A callback ended it. */
    STOPPED_BY_CALLBACK,
    /** {@link Trainer#requestStop} was called; the state is saved, and training can go on. */
    STOPPED_ON_REQUEST
  }

  public TrainResult {
    metrics = Map.copyOf(metrics);
  }
}
