package io.github.checkpoint4j.keras.callbacks;

import io.github.checkpoint4j.store.CheckpointInfo;
import io.github.checkpoint4j.store.CheckpointStore;
import io.github.checkpoint4j.torch.CheckpointStrategy;
import io.github.checkpoint4j.torch.ResumeFrom;
import io.github.checkpoint4j.torch.TrainResult;
import io.github.checkpoint4j.torch.TrainerCallback;
import io.github.checkpoint4j.torch.TrainerControl;
import io.github.checkpoint4j.torch.TrainerState;
import io.github.checkpoint4j.torch.TrainingArguments;
import io.github.checkpoint4j.torch.TrainingArgumentsBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;

/**
 * Backs the training up, so that one that was interrupted goes on by itself when it is begun again,
 * and deletes the backup when it is done: Keras's {@code BackupAndRestore}.
 *
 * <p>The backups are checkpoints of the trainer in {@code backupDir}. So weights and place are of
 * one moment, which in Keras a kill may tear apart; and the training goes on with the bits it would
 * have had, in the middle of an epoch as well: there, a backup after a number of batches begins the
 * epoch anew with the weights from its middle. To that end the arguments of the trainer are {@link
 * #applyTo set}:
 *
 * <pre>{@code
 * var backup = BackupAndRestore.in(Path.of("backup")).build();
 * Trainer.<Example>builder()
 *     .arguments(backup.applyTo(TrainingArguments.builder()).numTrainEpochs(10).build())
 *     .callback(backup)
 * }</pre>
 *
 * <p>A training that ended by {@code Trainer.requestStop} is not done, and its backup stays.
 *
 * @see <a href="https://keras.io/api/callbacks/backup_and_restore/">BackupAndRestore</a>
 */
public final class BackupAndRestore implements TrainerCallback {
  private final Path backupDir;
  private final Frequency saveFreq;
  private final boolean doubleCheckpoint;
  private final boolean deleteCheckpoint;

  private BackupAndRestore(Builder builder) {
    backupDir = builder.backupDir;
    saveFreq = builder.saveFreq;
    doubleCheckpoint = builder.doubleCheckpoint;
    deleteCheckpoint = builder.deleteCheckpoint;
  }

  /** A builder of one whose backups are in this directory, which nothing else is to be in. */
  public static Builder in(Path backupDir) {
    return new Builder(backupDir);
  }

  /**
   * Sets the arguments by which the trainer backs up and restores: the output directory, when to
   * save, how many checkpoints to keep, and what to resume from.
   */
  public TrainingArgumentsBuilder applyTo(TrainingArgumentsBuilder arguments) {
    if (saveFreq.batches().isPresent()) {
      arguments
          .saveStrategy(CheckpointStrategy.STEPS)
          .saveSteps((double) saveFreq.batches().getAsLong());
    } else {
      arguments.saveStrategy(CheckpointStrategy.EPOCH);
    }
    return arguments
        .outputDir(backupDir)
        .saveTotalLimit(doubleCheckpoint ? 2 : 1)
        .resumeFromCheckpoint(ResumeFrom.auto());
  }

  /**
   * @throws IllegalArgumentException if the arguments of the trainer are not those that were set
   */
  @Override
  public void onTrainBegin(
      TrainingArguments arguments, TrainerState state, TrainerControl control) {
    CheckpointStrategy strategy =
        saveFreq.batches().isPresent() ? CheckpointStrategy.STEPS : CheckpointStrategy.EPOCH;
    if (!arguments.outputDir().equals(backupDir)
        || arguments.saveStrategy() != strategy
        || (saveFreq.batches().isPresent()
            && state.saveSteps() != saveFreq.batches().getAsLong())) {
      throw new IllegalArgumentException(
          "BackupAndRestore backs up in %s, and the trainer saves in %s with saveStrategy %s; make its arguments with applyTo"
              .formatted(backupDir, arguments.outputDir(), arguments.saveStrategy()));
    }
  }

  /**
   * Deletes the backup if the training is done; a checkpoint that is pinned, and what is no
   * checkpoint, stays.
   */
  @Override
  public void onFinish(TrainingArguments arguments, TrainerState state, TrainResult result) {
    if (!deleteCheckpoint || result.ended() == TrainResult.Ended.STOPPED_ON_REQUEST) {
      return;
    }
    try (CheckpointStore store = CheckpointStore.open(backupDir)) {
      for (CheckpointInfo checkpoint : store.list()) {
        if (!checkpoint.pinned()) {
          store.delete(checkpoint);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(
          "BackupAndRestore could not delete the backup: " + e.getMessage(), e);
    }
  }

  /** Gathers Keras's arguments. */
  public static final class Builder {
    private final Path backupDir;
    private Frequency saveFreq = Frequency.EPOCH;
    private boolean doubleCheckpoint;
    private boolean deleteCheckpoint = true;

    private Builder(Path backupDir) {
      this.backupDir = backupDir;
    }

    /** When it backs up; at the end of each epoch by default. */
    public Builder saveFreq(Frequency value) {
      saveFreq = value;
      return this;
    }

    /**
     * Whether the backup before the newest is kept, too, and restored if that is damaged; false by
     * default.
     */
    public Builder doubleCheckpoint(boolean value) {
      doubleCheckpoint = value;
      return this;
    }

    /** Whether the backup is deleted when the training is done; true by default. */
    public Builder deleteCheckpoint(boolean value) {
      deleteCheckpoint = value;
      return this;
    }

    public BackupAndRestore build() {
      return new BackupAndRestore(this);
    }
  }
}
