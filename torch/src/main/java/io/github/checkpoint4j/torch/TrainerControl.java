package io.github.checkpoint4j.torch;

import io.github.checkpoint4j.format.Json;
import java.util.Map;

/**
 * The switches by which {@linkplain TrainerCallback callbacks} steer the training. The trainer
 * turns {@code shouldLog}, {@code shouldEvaluate} and {@code shouldSave} off once done and before
 * each step, and {@code shouldEpochStop} before each epoch.
 */
public final class TrainerControl {
  static final String NAME = "TrainerControl";

  private boolean shouldTrainingStop;
  private boolean shouldEpochStop;
  private boolean shouldSave;
  private boolean shouldEvaluate;
  private boolean shouldLog;

  TrainerControl() {}

  /** Whether training ends after this step. */
  public boolean shouldTrainingStop() {
    return shouldTrainingStop;
  }

  public void shouldTrainingStop(boolean value) {
    shouldTrainingStop = value;
  }

  /** Whether the epoch ends after this step. */
  public boolean shouldEpochStop() {
    return shouldEpochStop;
  }

  public void shouldEpochStop(boolean value) {
    shouldEpochStop = value;
  }

  /** Whether a checkpoint is saved after this step. */
  public boolean shouldSave() {
    return shouldSave;
  }

  public void shouldSave(boolean value) {
    shouldSave = value;
  }

  /** Whether the model is evaluated after this step. */
  public boolean shouldEvaluate() {
    return shouldEvaluate;
  }

  public void shouldEvaluate(boolean value) {
    shouldEvaluate = value;
  }

  /** Whether the training loss is logged after this step. */
  public boolean shouldLog() {
    return shouldLog;
  }

  public void shouldLog(boolean value) {
    shouldLog = value;
  }

  /** Puts the switches into the state, where Python's Trainer looks for them when it resumes. */
  void keepIn(TrainerState state) {
    Json.Obj switches =
        Json.object()
            .put("should_epoch_stop", shouldEpochStop)
            .put("should_evaluate", shouldEvaluate)
            .put("should_log", shouldLog)
            .put("should_save", shouldSave)
            .put("should_training_stop", shouldTrainingStop)
            .build();
    state.callback(
        NAME, Json.object(Map.of("args", switches, "attributes", Json.object().build())));
  }

  void newTraining() {
    shouldTrainingStop = false;
  }

  void newEpoch() {
    shouldEpochStop = false;
  }

  void newStep() {
    shouldSave = false;
    shouldEvaluate = false;
    shouldLog = false;
  }
}
