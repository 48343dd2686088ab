package io.github.checkpoint4j.torch;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.store.CheckpointInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The callbacks of a training, told in order; and the switches they set, turned off in time. */
record Callbacks(
    List<TrainerCallback> callbacks,
    TrainingArguments arguments,
    TrainerState state,
    TrainerControl control) {

  Callbacks {
    callbacks = List.copyOf(callbacks);
  }

  /** Those that have tensors. */
  CallbackTensors tensors() {
    return CallbackTensors.of(callbacks);
  }

  /** Puts the states of those that have one into the state of the training. */
  void keepStates() {
    statefulCallbacks()
        .forEach((name, same) -> state.callback(name, StatefulCallback.together(same)));
  }

  /**
   * Gives those that have a state the one in the state of the training, unless the arguments say
   * otherwise, and returns what they were made with that is another now.
   *
   * @param tensors those of callbacks, by the file they are in
   * @throws IllegalArgumentException if a state is none of its callback
   */
  List<Resumption.Change> restoreStates(Map<String, StateDict> tensors) {
    List<Resumption.Change> changes = new ArrayList<>();
    Map<String, List<ExportableState>> present = statefulCallbacks();
    present.forEach(
        (name, same) ->
            state.callback(name).ifPresent(saved -> changes.addAll(restore(name, same, saved))));
    if (arguments.restoreCallbackStatesFromCheckpoint()) {
      tensors().restore(tensors);
    }
    if (!present.containsKey(EarlyStoppingCallback.NAME)) {
      // Were it passed on, the next run with the callback would take an old count for its own.
      state
          .callback(EarlyStoppingCallback.NAME)
          .ifPresent(
              saved ->
                  changes.add(
                      new Resumption.Change(
                          EarlyStoppingCallback.NAME,
                          saved,
                          Json.Null.NULL,
                          Resumption.Effect.APPLIED)));
      state.removeCallback(EarlyStoppingCallback.NAME);
    }
    // That of a callback which is not here is passed on to the next checkpoint, as it was.
    for (String name : state.callbacksBesides(present.keySet())) {
      changes.add(
          new Resumption.Change(
              name, state.callback(name).orElseThrow(), Json.Null.NULL, Resumption.Effect.KEPT));
    }
    return changes;
  }

  private List<Resumption.Change> restore(String name, List<ExportableState> same, Json saved) {
    if (arguments.restoreCallbackStatesFromCheckpoint()) {
      return StatefulCallback.restore(name, same, saved);
    }
    Json now = StatefulCallback.together(same);
    return StateFields.same(saved, now)
        ? List.of()
        : List.of(new Resumption.Change(name, saved, now, Resumption.Effect.APPLIED));
  }

  private Map<String, List<ExportableState>> statefulCallbacks() {
    Map<String, List<ExportableState>> byName = new TreeMap<>();
    for (TrainerCallback callback : callbacks) {
      if (callback instanceof ExportableState stateful) {
        byName.computeIfAbsent(stateful.stateName(), _ -> new ArrayList<>()).add(stateful);
      }
    }
    return byName;
  }

  void prepare(TrainingParts parts) {
    callbacks.forEach(callback -> callback.onPrepare(arguments, state, control, parts));
  }

  void trainBegin() {
    control.newTraining();
    callbacks.forEach(callback -> callback.onTrainBegin(arguments, state, control));
  }

  void resume(Resumption resumption) {
    callbacks.forEach(callback -> callback.onResume(arguments, state, control, resumption));
  }

  void epochBegin() {
    control.newEpoch();
    callbacks.forEach(callback -> callback.onEpochBegin(arguments, state, control));
  }

  void stepBegin() {
    control.newStep();
    callbacks.forEach(callback -> callback.onStepBegin(arguments, state, control));
  }

  void batchLoss(double loss, long examples) {
    callbacks.forEach(callback -> callback.onBatchLoss(arguments, state, control, loss, examples));
  }

  void substepEnd() {
    callbacks.forEach(callback -> callback.onSubstepEnd(arguments, state, control));
  }

  void preOptimizerStep() {
    callbacks.forEach(callback -> callback.onPreOptimizerStep(arguments, state, control));
  }

  void optimizerStep() {
    callbacks.forEach(callback -> callback.onOptimizerStep(arguments, state, control));
  }

  void stepEnd() {
    callbacks.forEach(callback -> callback.onStepEnd(arguments, state, control));
  }

  void epochEnd() {
    callbacks.forEach(callback -> callback.onEpochEnd(arguments, state, control));
  }

  void predictionStep(long batches, long total) {
    callbacks.forEach(
        callback -> callback.onPredictionStep(arguments, state, control, batches, total));
  }

  void evaluate(Map<String, Double> metrics) {
    control.shouldEvaluate(false);
    callbacks.forEach(callback -> callback.onEvaluate(arguments, state, control, metrics));
  }

  /** Adds to the history, and tells of it. */
  void log(Map<String, Double> values) {
    control.shouldLog(false);
    state.log(values);
    Map<String, Double> logs = new TreeMap<>(values);
    logs.put("epoch", state.epoch());
    callbacks.forEach(callback -> callback.onLog(arguments, state, control, logs));
  }

  void save(Saved saved) {
    control.shouldSave(false);
    callbacks.forEach(callback -> callback.onSave(arguments, state, control, saved));
  }

  void divergence(double loss) {
    callbacks.forEach(callback -> callback.onDivergence(arguments, state, control, loss));
  }

  void loadBest(Optional<CheckpointInfo> best) {
    callbacks.forEach(callback -> callback.onLoadBest(arguments, state, control, best));
  }

  void trainEnd() {
    callbacks.forEach(callback -> callback.onTrainEnd(arguments, state, control));
  }
}
