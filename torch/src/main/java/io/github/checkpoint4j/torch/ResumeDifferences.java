package io.github.checkpoint4j.torch;

import io.github.checkpoint4j.Change;
import io.github.checkpoint4j.format.Json;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;

/**
 * What differs between a run and the checkpoint it goes on from, and what becomes of it.
 *
 * @param dataSeed the seed of the order of the data, which is the checkpoint's
 */
record ResumeDifferences(
    TrainingArguments arguments, RunLength length, RunCheckpoints.Resumed resumed, long dataSeed) {
  private static final String FINGERPRINT = "fingerprint.";
  private static final String BATCH_SIZE = "per_device_train_batch_size";
  private static final String MAX_STEPS = "max_steps";

  /**
   * All of them.
   *
   * @param recorded those the checkpoint's record tells
   * @param applied those of the optimizer and the schedule
   * @throws IllegalArgumentException if the run cannot go on with one of them
   */
  List<Resumption.Change> all(List<Change> recorded, List<Resumption.Change> applied) {
    List<Resumption.Change> all = new ArrayList<>(applied);
    for (Change change : recorded) {
      if (ArgumentsOnResume.IN_OPTIMIZER.contains(change.name())) {
        continue;
      }
      all.add(new Resumption.Change(change.name(), change.saved(), change.now(), effect(change)));
    }
    if (!resumed.madeHere()) {
      addFromState(all);
      addFromArguments(all);
    }
    all.addAll(resumed.filesLeftOut());
    boolean seedSaid = all.stream().anyMatch(change -> change.name().endsWith("seed"));
    if (dataSeed != arguments.effectiveDataSeed() && !seedSaid) {
      all.add(
          new Resumption.Change(
              "data_seed",
              Json.of(dataSeed),
              Json.of(arguments.effectiveDataSeed()),
              Resumption.Effect.KEPT));
    }
    return all;
  }

  private Resumption.Effect effect(Change change) {
    return change.name().startsWith(FINGERPRINT)
        ? Resumption.Effect.NOTED
        : Hyperparameters.effect(
            change.name(), change.saved(), change.now(), resumed.checkpoint().name());
  }

  /** What the optimizer and the state do not tell. */
  private void addFromArguments(List<Resumption.Change> all) {
    Set<String> told = new HashSet<>(ArgumentsOnResume.IN_OPTIMIZER);
    told.add(MAX_STEPS);
    if (resumed.state().trainBatchSize().isPresent()) {
      told.add(BATCH_SIZE);
    }
    all.addAll(resumed.arguments().changes(arguments, told));
  }

  /** A checkpoint made in Python has no record; its state tells a little. */
  private void addFromState(List<Resumption.Change> all) {
    OptionalLong batchSize = resumed.state().trainBatchSize();
    if (batchSize.isPresent() && batchSize.getAsLong() != arguments.perDeviceTrainBatchSize()) {
      add(all, BATCH_SIZE, batchSize.getAsLong(), arguments.perDeviceTrainBatchSize());
    }
    if (resumed.state().maxSteps() != length.maxSteps()) {
      add(all, MAX_STEPS, resumed.state().maxSteps(), length.maxSteps());
    }
  }

  private void add(List<Resumption.Change> all, String name, long saved, long now) {
    Json before = Json.of(saved);
    Json after = Json.of(now);
    all.add(
        new Resumption.Change(
            name,
            before,
            after,
            Hyperparameters.effect(name, before, after, resumed.checkpoint().name())));
  }
}
