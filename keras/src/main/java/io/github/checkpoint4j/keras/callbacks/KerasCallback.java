package io.github.checkpoint4j.keras.callbacks;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.torch.ExportableState;
import io.github.checkpoint4j.torch.Resumption;
import io.github.checkpoint4j.torch.TrainerCallback;
import io.github.checkpoint4j.torch.TrainerControl;
import io.github.checkpoint4j.torch.TrainerState;
import io.github.checkpoint4j.torch.TrainingArguments;
import io.github.checkpoint4j.torch.TrainingParts;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The events of the trainer as Keras has them. An epoch has ended when the evaluation that is due
 * at its end is done, and a batch likewise; both before the checkpoint that is due then. So a
 * checkpoint has the state after them, or if it was saved by the last step of an epoch the state
 * before the epoch's end, which then comes when the training goes on.
 */
abstract class KerasCallback implements TrainerCallback, ExportableState {
  private static final String LOGS = "logs";

  private final EpochLogs logs = new EpochLogs();
  private Optional<TrainingParts> parts = Optional.empty();
  private boolean restored;
  private boolean training;

  /** The batches of the epoch that are done. */
  private long batches;

  private double stepLoss;
  private long stepExamples;
  private boolean batchWaits;
  private boolean epochWaits;

  /** Training begins. The state is that of the checkpoint if it was restored, otherwise any. */
  void trainBegin(Training now, boolean hasState) {}

  /**
   * A step is done.
   *
   * @param batch of the epoch, from 0
   * @param loss the step's own
   */
  void batchEnd(Training now, long batch, double loss, Map<String, Double> values) {}

  /**
   * An evaluation is done.
   *
   * @param metrics by Keras's names, without {@code val_}
   */
  void testEnd(Training now, Map<String, Double> metrics) {}

  /**
   * An epoch is done.
   *
   * @param epoch from 0
   */
  void epochEnd(Training now, long epoch, Map<String, Double> values) {}

  void trainEnd(Training now) {}

  /** The state of its own, besides the logs. */
  abstract Map<String, Json> ownAttributes();

  /**
   * @throws IllegalArgumentException if it is not what {@link #ownAttributes} gives
   */
  abstract void restoreOwn(Json.Obj attributes);

  @Override
  public final Json.Obj attributes() {
    Map<String, Json> attributes = new LinkedHashMap<>(ownAttributes());
    attributes.put(LOGS, logs.json());
    return Json.object(attributes);
  }

  @Override
  public final void restore(Json.Obj attributes) {
    logs.restore(attributes.object(LOGS));
    restoreOwn(attributes);
    restored = true;
  }

  @Override
  public final void onPrepare(
      TrainingArguments arguments,
      TrainerState state,
      TrainerControl control,
      TrainingParts trained) {
    parts = Optional.of(trained);
    restored = false;
    batches = 0;
    batchWaits = false;
    epochWaits = false;
  }

  @Override
  public final void onResume(
      TrainingArguments arguments,
      TrainerState state,
      TrainerControl control,
      Resumption resumption) {
    batches = Math.ceilDiv(resumption.batch(), arguments.gradientAccumulationSteps());
  }

  @Override
  public final void onTrainBegin(
      TrainingArguments arguments, TrainerState state, TrainerControl control) {
    if (!restored) {
      logs.clear();
    }
    training = true;
    trainBegin(now(arguments, state, control), restored);
  }

  @Override
  public final void onEpochBegin(
      TrainingArguments arguments, TrainerState state, TrainerControl control) {
    if (batches == 0) {
      logs.clear();
    }
  }

  @Override
  public final void onStepBegin(
      TrainingArguments arguments, TrainerState state, TrainerControl control) {
    stepLoss = 0;
    stepExamples = 0;
  }

  @Override
  public final void onBatchLoss(
      TrainingArguments arguments,
      TrainerState state,
      TrainerControl control,
      double loss,
      long examples) {
    stepLoss += loss;
    stepExamples += examples;
  }

  @Override
  public final void onStepEnd(
      TrainingArguments arguments, TrainerState state, TrainerControl control) {
    logs.trained(stepLoss, stepExamples);
    batches++;
    batchWaits = control.shouldEvaluate();
    if (!batchWaits) {
      endBatch(now(arguments, state, control));
    }
  }

  @Override
  public final void onEpochEnd(
      TrainingArguments arguments, TrainerState state, TrainerControl control) {
    epochWaits = control.shouldEvaluate();
    if (!epochWaits) {
      endEpoch(now(arguments, state, control));
    }
  }

  @Override
  public final void onEvaluate(
      TrainingArguments arguments,
      TrainerState state,
      TrainerControl control,
      Map<String, Double> metrics) {
    if (!training) {
      return;
    }
    logs.evaluated(metrics);
    Training now = now(arguments, state, control);
    testEnd(now, EpochLogs.metricsOf(metrics));
    if (batchWaits) {
      batchWaits = false;
      endBatch(now);
    }
    if (epochWaits) {
      epochWaits = false;
      endEpoch(now);
    }
  }

  @Override
  public final void onTrainEnd(
      TrainingArguments arguments, TrainerState state, TrainerControl control) {
    training = false;
    trainEnd(now(arguments, state, control));
  }

  private void endBatch(Training now) {
    batchEnd(now, batches - 1, stepLoss, logs.values());
  }

  private void endEpoch(Training now) {
    epochEnd(now, now.epoch(), logs.values());
    logs.clear();
    batches = 0;
  }

  private Training now(TrainingArguments arguments, TrainerState state, TrainerControl control) {
    TrainingParts trained =
        parts.orElseThrow(() -> new IllegalStateException("a trainer has not prepared this"));
    return new Training(arguments, state, control, trained);
  }
}
