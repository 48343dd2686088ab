package io.github.checkpoint4j.keras.callbacks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.checkpoint4j.store.CheckpointStore;
import io.github.checkpoint4j.torch.ModuleState;
import io.github.checkpoint4j.torch.Trainer;
import io.github.checkpoint4j.torch.TrainerCallback;
import io.github.checkpoint4j.torch.TrainerControl;
import io.github.checkpoint4j.torch.TrainerState;
import io.github.checkpoint4j.torch.TrainingArguments;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BackupAndRestoreTest {
  /** Steps of an epoch; 10 examples in batches of 4. */
  private static final int STEPS = 3;

  @TempDir private Path folder;

  /** Fails when so many steps are done, as a program may. */
  private record Failing(long step, List<Long> begun) implements TrainerCallback {
    @Override
    public void onTrainBegin(
        TrainingArguments arguments, TrainerState state, TrainerControl control) {
      begun.add(state.globalStep());
    }

    @Override
    public void onStepBegin(
        TrainingArguments arguments, TrainerState state, TrainerControl control) {
      if (state.globalStep() == step) {
        throw new IllegalStateException("interrupted");
      }
    }
  }

  private Path dir() {
    return folder.resolve("backup");
  }

  private static Trainer<Classifier.Example> trainer(
      BackupAndRestore backup, Classifier model, TrainerCallback other) {
    return Trainer.<Classifier.Example>builder()
        .model(model)
        .arguments(
            backup
                .applyTo(TrainingArguments.builder())
                .perDeviceTrainBatchSize(4)
                .numTrainEpochs(4)
                .learningRate(0.1)
                .build())
        .trainDataset(Classifier.examples(10, 1))
        .collator(Classifier::collate)
        .callback(backup)
        .callback(other)
        .build();
  }

  private static byte[] weights(Classifier model) {
    return ModuleState.of(model.module()).stateDict().tensor("hidden.weight").toByteArray();
  }

  private List<Long> backups() throws IOException {
    try (CheckpointStore store = CheckpointStore.readOnly(dir())) {
      return store.list().stream().map(checkpoint -> checkpoint.step()).toList();
    }
  }

  @ParameterizedTest
  @CsvSource({"0, 3", "0, 8", "2, 5", "5, 11", "1, 4"})
  void an_interrupted_training_goes_on_bit_for_bit_and_leaves_no_backup(
      long saveFreq, long interruptedAt) throws IOException {
    Frequency frequency = saveFreq == 0 ? Frequency.EPOCH : Frequency.batches(saveFreq);
    Classifier undisturbed = Run.model(1);
    trainer(
            BackupAndRestore.in(folder.resolve("other")).build(),
            undisturbed,
            new Failing(-1, new ArrayList<>()))
        .train();

    BackupAndRestore backup = BackupAndRestore.in(dir()).saveFreq(frequency).build();
    var failing = new Failing(interruptedAt, new ArrayList<>());
    try {
      trainer(backup, Run.model(1), failing).train();
    } catch (IllegalStateException e) {
      assertThat(e).hasMessage("interrupted");
    }
    long every = saveFreq == 0 ? STEPS : saveFreq;
    long backedUp = interruptedAt / every * every;
    assertThat(backups()).isEqualTo(List.of(backedUp));

    Classifier restored = Run.model(2);
    var begun = new Failing(-1, new ArrayList<>());
    trainer(backup, restored, begun).train();
    assertThat(begun.begun()).containsExactly(backedUp);
    assertThat(weights(restored)).isEqualTo(weights(undisturbed));
    assertThat(backups()).isEmpty();
  }

  @Test
  void the_backup_stays_if_that_is_wanted_and_what_else_is_there_always() throws IOException {
    Files.createDirectories(dir());
    Files.writeString(dir().resolve("notes.txt"), "mine");
    trainer(
            BackupAndRestore.in(dir()).deleteCheckpoint(false).build(),
            Run.model(1),
            new Failing(-1, new ArrayList<>()))
        .train();
    assertThat(backups()).containsExactly(4L * STEPS);
    trainer(BackupAndRestore.in(dir()).build(), Run.model(1), new Failing(-1, new ArrayList<>()))
        .train();
    assertThat(backups()).isEmpty();
    assertThat(dir().resolve("notes.txt")).hasContent("mine");
  }

  @Test
  void a_training_that_is_stopped_on_request_keeps_its_backup() throws IOException {
    BackupAndRestore backup = BackupAndRestore.in(dir()).build();
    Trainer<Classifier.Example> trainer =
        trainer(backup, Run.model(1), new Failing(-1, new ArrayList<>()));
    trainer.requestStop();
    trainer.train();
    assertThat(Files.exists(dir())).isTrue();
    List<Long> begun = new ArrayList<>();
    Trainer<Classifier.Example> stopping = trainer(backup, Run.model(1), stopAt(4, begun));
    stop = stopping::requestStop;
    stopping.train();
    assertThat(backups()).contains(4L);
  }

  private Runnable stop = () -> {};

  private TrainerCallback stopAt(long step, List<Long> begun) {
    return new TrainerCallback() {
      @Override
      public void onStepBegin(
          TrainingArguments arguments, TrainerState state, TrainerControl control) {
        begun.add(state.globalStep());
        if (state.globalStep() == step - 1) {
          stop.run();
        }
      }
    };
  }

  @Test
  void with_two_backups_a_damaged_one_is_passed_over() throws IOException {
    BackupAndRestore backup = BackupAndRestore.in(dir()).doubleCheckpoint(true).build();
    try {
      trainer(backup, Run.model(1), new Failing(8, new ArrayList<>())).train();
    } catch (IllegalStateException e) {
      assertThat(e).hasMessage("interrupted");
    }
    assertThat(backups()).containsExactly(3L, 6L);
    Path damaged = dir().resolve("checkpoint-6/model.safetensors");
    byte[] bytes = Files.readAllBytes(damaged);
    Arrays.fill(bytes, bytes.length - 20, bytes.length, (byte) 7);
    Files.write(damaged, bytes);
    var begun = new Failing(-1, new ArrayList<>());
    trainer(backup, Run.model(2), begun).train();
    assertThat(begun.begun()).containsExactly(3L);
  }

  @Test
  void a_trainer_that_saves_elsewhere_or_otherwise_is_refused() {
    BackupAndRestore backup = BackupAndRestore.in(dir()).saveFreq(Frequency.batches(2)).build();
    Trainer<Classifier.Example> trainer =
        Trainer.<Classifier.Example>builder()
            .model(Run.model(1))
            .arguments(TrainingArguments.builder().outputDir(folder.resolve("run")).build())
            .trainDataset(Classifier.examples(10, 1))
            .collator(Classifier::collate)
            .callback(backup)
            .build();
    assertThatIllegalArgumentException()
        .isThrownBy(trainer::train)
        .withMessage(
            "BackupAndRestore backs up in %s, and the trainer saves in %s with saveStrategy STEPS; make its arguments with applyTo"
                .formatted(dir(), folder.resolve("run")));
  }
}
