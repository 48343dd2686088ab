package io.github.checkpoint4j.torch;

import io.github.checkpoint4j.format.Json;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * Ends the training when {@code metricForBestModel} got no better in so many evaluations in a row:
 * Hugging Face's {@code EarlyStoppingCallback} (5.23), with its arguments, its count, and its state
 * in {@code trainer_state.json}. With {@code loadBestModelAtEnd} the best weights are loaded then.
 *
 * <p>An evaluation counts as better if it is the first, or better than the best so far and by more
 * than the threshold. NaN and infinities are not better; Hugging Face takes an infinity for the
 * best.
 *
 * <p>Unlike with Hugging Face, the count is restored at a resume unless {@code
 * restoreCallbackStatesFromCheckpoint} is false, the patience and threshold are those of this
 * callback, and a training that goes on from the checkpoint at which it was ended is at its end,
 * unless the patience is greater now.
 *
 * @see <a href="https://github.com/huggingface/transformers">transformers/trainer_callback.py,
 *     EarlyStoppingCallback</a>
 */
public final class EarlyStoppingCallback implements TrainerCallback, ExportableState {
  static final String NAME = "EarlyStoppingCallback";
  private static final String PATIENCE = "early_stopping_patience";
  private static final String THRESHOLD = "early_stopping_threshold";
  private static final String COUNTER = "early_stopping_patience_counter";

  private final int earlyStoppingPatience;
  private final double earlyStoppingThreshold;
  private long earlyStoppingPatienceCounter;

  /** One with a threshold of 0. */
  public EarlyStoppingCallback(int earlyStoppingPatience) {
    this(earlyStoppingPatience, 0);
  }

  /**
   * @param earlyStoppingPatience evaluations in a row that may be no better; at least 1
   * @param earlyStoppingThreshold by how much more than this an evaluation has to be better; at
   *     least 0
   * @throws IllegalArgumentException if one is out of its range
   */
  public EarlyStoppingCallback(int earlyStoppingPatience, double earlyStoppingThreshold) {
    ArgumentRules.atLeast("earlyStoppingPatience", earlyStoppingPatience, 1);
    ArgumentRules.notNegative("earlyStoppingThreshold", earlyStoppingThreshold);
    this.earlyStoppingPatience = earlyStoppingPatience;
    this.earlyStoppingThreshold = earlyStoppingThreshold;
  }

  /** The evaluations in a row, up to the last one, that were no better. */
  public long earlyStoppingPatienceCounter() {
    return earlyStoppingPatienceCounter;
  }

  /**
   * @throws IllegalArgumentException if there is no {@code metricForBestModel} or no evaluation
   */
  @Override
  public void onTrainBegin(
      TrainingArguments arguments, TrainerState state, TrainerControl control) {
    if (arguments.metricForBestModel().isEmpty()) {
      throw new IllegalArgumentException(
          "EarlyStoppingCallback goes by metricForBestModel, which is not given; give it, for"
              + " instance \"loss\" or \"accuracy\"");
    }
    if (arguments.evalStrategy() == IntervalStrategy.NO) {
      throw new IllegalArgumentException(
          "EarlyStoppingCallback goes by evaluations, and evalStrategy is NO; set it to STEPS or"
              + " EPOCH");
    }
    stopIfExhausted(control);
  }

  /** The best metric in the state is still that of the evaluations before this one. */
  @Override
  public void onEvaluate(
      TrainingArguments arguments,
      TrainerState state,
      TrainerControl control,
      Map<String, Double> metrics) {
    Double value = metrics.get(arguments.bestMetric().orElse(""));
    if (value == null) {
      return;
    }
    boolean better = isBetter(value, state.bestMetric(), arguments.greaterIsBetter().orElse(true));
    earlyStoppingPatienceCounter = better ? 0 : earlyStoppingPatienceCounter + 1;
    stopIfExhausted(control);
  }

  private boolean isBetter(double value, OptionalDouble best, boolean greaterIsBetter) {
    if (best.isEmpty()) {
      return true;
    }
    double before = best.getAsDouble();
    return Double.isFinite(value)
        && (greaterIsBetter ? value > before : value < before)
        && Math.abs(value - before) > earlyStoppingThreshold;
  }

  private void stopIfExhausted(TrainerControl control) {
    if (earlyStoppingPatienceCounter >= earlyStoppingPatience) {
      control.shouldTrainingStop(true);
    }
  }

  @Override
  public Json.Obj args() {
    return Json.object()
        .put(PATIENCE, earlyStoppingPatience)
        .put(THRESHOLD, earlyStoppingThreshold)
        .build();
  }

  @Override
  public Json.Obj attributes() {
    return Json.object().put(COUNTER, earlyStoppingPatienceCounter).build();
  }

  @Override
  public void restore(Json.Obj attributes) {
    earlyStoppingPatienceCounter = new StateFields(attributes).count(COUNTER).orElse(0);
  }
}
