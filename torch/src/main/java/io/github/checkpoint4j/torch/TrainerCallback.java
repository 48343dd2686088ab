package io.github.checkpoint4j.torch;

import io.github.checkpoint4j.store.CheckpointInfo;
import java.util.Map;
import java.util.Optional;

/**
 * Is told of what happens in a {@link Trainer}, and may steer it by the {@link TrainerControl}. The
 * events and their order are those of Hugging Face's {@code TrainerCallback}, and {@link
 * #onPrepare}, {@link #onResume}, {@link #onBatchLoss}, {@link #onDivergence}, {@link #onLoadBest}
 * and {@link #onFinish}. A step is one of the optimizer; with gradient accumulation it takes
 * several batches.
 *
 * <p>Callbacks run on the training thread, in the order they were added, after the trainer's own
 * decisions. What one throws ends the training.
 */
public interface TrainerCallback {
  /**
   * All that is trained is ready; comes first. From a checkpoint it has the state it has there, and
   * arguments that are others now take effect only after this.
   *
   * @param parts the model, the optimizer and the scheduler, the same until training ends
   */
  default void onPrepare(
      TrainingArguments arguments,
      TrainerState state,
      TrainerControl control,
      TrainingParts parts) {}

  /** Training begins, from step 0 or, after {@link #onResume}, from a checkpoint. */
  default void onTrainBegin(
      TrainingArguments arguments, TrainerState state, TrainerControl control) {}

  /** Training goes on from a checkpoint. */
  default void onResume(
      TrainingArguments arguments,
      TrainerState state,
      TrainerControl control,
      Resumption resumption) {}

  default void onEpochBegin(
      TrainingArguments arguments, TrainerState state, TrainerControl control) {}

  default void onStepBegin(
      TrainingArguments arguments, TrainerState state, TrainerControl control) {}

  /**
   * The loss of a batch was computed, and its gradients; whether or not it is finite.
   *
   * @param loss what the batch adds to the loss of its step: the mean of its examples, divided by
   *     the batches of the step
   * @param examples the examples of the batch
   */
  default void onBatchLoss(
      TrainingArguments arguments,
      TrainerState state,
      TrainerControl control,
      double loss,
      long examples) {}

  /** Gradients were added up for a batch which is not the last of its step. */
  default void onSubstepEnd(
      TrainingArguments arguments, TrainerState state, TrainerControl control) {}

  /** Gradients are ready and clipped. */
  default void onPreOptimizerStep(
      TrainingArguments arguments, TrainerState state, TrainerControl control) {}

  /** The parameters were changed; the gradients are still there. */
  default void onOptimizerStep(
      TrainingArguments arguments, TrainerState state, TrainerControl control) {}

  /** A step is done; what the control says now is done next. */
  default void onStepEnd(TrainingArguments arguments, TrainerState state, TrainerControl control) {}

  /** The epoch is done, or training stops within it. */
  default void onEpochEnd(
      TrainingArguments arguments, TrainerState state, TrainerControl control) {}

  /**
   * A batch of an evaluation is done.
   *
   * @param batches batches done
   * @param total batches in all
   */
  default void onPredictionStep(
      TrainingArguments arguments,
      TrainerState state,
      TrainerControl control,
      long batches,
      long total) {}

  /**
   * An evaluation is done.
   *
   * @param metrics its metrics; their names begin with {@code eval_}
   */
  default void onEvaluate(
      TrainingArguments arguments,
      TrainerState state,
      TrainerControl control,
      Map<String, Double> metrics) {}

  /**
   * Values were added to the {@linkplain TrainerState#logHistory history}.
   *
   * @param logs the values, without the step
   */
  default void onLog(
      TrainingArguments arguments,
      TrainerState state,
      TrainerControl control,
      Map<String, Double> logs) {}

  /**
   * A checkpoint was saved and will outlive a crash. With {@code asyncSave} that may be after later
   * steps, whose state {@code state} is.
   */
  default void onSave(
      TrainingArguments arguments, TrainerState state, TrainerControl control, Saved saved) {}

  /** A loss of the training is not finite, for the first time since {@link Trainer#train} began. */
  default void onDivergence(
      TrainingArguments arguments, TrainerState state, TrainerControl control, double loss) {}

  /**
   * Training is over, and the weights of the best checkpoint were loaded, as {@code
   * loadBestModelAtEnd} says.
   *
   * @param best that checkpoint; empty if none has a finite value of the metric: then the weights
   *     are those of the last step
   */
  default void onLoadBest(
      TrainingArguments arguments,
      TrainerState state,
      TrainerControl control,
      Optional<CheckpointInfo> best) {}

  default void onTrainEnd(
      TrainingArguments arguments, TrainerState state, TrainerControl control) {}

  /**
   * All is saved, and the output directory is given up: the last event of a training that did not
   * fail.
   */
  default void onFinish(TrainingArguments arguments, TrainerState state, TrainResult result) {}
}
