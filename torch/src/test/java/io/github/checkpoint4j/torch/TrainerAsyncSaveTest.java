package io.github.checkpoint4j.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.store.CheckpointInfo;
import io.github.checkpoint4j.store.Verification;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Training that goes on while its checkpoints are saved. */
class TrainerAsyncSaveTest {
  @TempDir private Path folder;
  private final List<String> events = new ArrayList<>();

  @BeforeEach
  void one_thread() {
    torch.set_num_threads(1);
  }

  private TrainingArgumentsBuilder arguments() {
    return TrainingArguments.builder()
        .outputDir(folder)
        .maxSteps(8)
        .saveSteps(2)
        .loggingSteps(8)
        .asyncSave(true);
  }

  private Trainer.Builder<Classifier.Example> trainer(TrainingArgumentsBuilder arguments) {
    return Trainer.<Classifier.Example>builder()
        .model(new Classifier(0.1, false))
        .arguments(arguments.build())
        .collator(Classifier::collate)
        .trainDataset(Classifier.examples(30, 1))
        .evalDataset(Classifier.examples(10, 2))
        .callback(new Listener());
  }

  /** Notes what it is told, and looks whether a checkpoint is as it is told. */
  private final class Listener implements TrainerCallback {
    @Override
    public void onSave(
        TrainingArguments arguments, TrainerState state, TrainerControl control, Saved saved) {
      CheckpointInfo checkpoint = saved.checkpoint();
      try {
        assertThat(Verification.of(checkpoint.directory()).isClean()).isTrue();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      assertThat(state.globalStep()).isGreaterThanOrEqualTo(checkpoint.step());
      events.add("saved " + checkpoint.step());
    }

    @Override
    public void onLoadBest(
        TrainingArguments arguments,
        TrainerState state,
        TrainerControl control,
        Optional<CheckpointInfo> best) {
      events.add("best " + best.orElseThrow().step());
    }

    @Override
    public void onTrainEnd(
        TrainingArguments arguments, TrainerState state, TrainerControl control) {
      events.add("end");
    }
  }

  /** Does something at the end of a step. */
  private static TrainerCallback after(long step, Runnable action) {
    return new TrainerCallback() {
      @Override
      public void onStepEnd(
          TrainingArguments arguments, TrainerState state, TrainerControl control) {
        if (state.globalStep() == step) {
          action.run();
        }
      }
    };
  }

  @Test
  void callbacks_are_told_of_each_checkpoint_once_when_it_is_durable() throws IOException {
    TrainResult result = trainer(arguments()).build().train();

    assertThat(result.ended()).isEqualTo(TrainResult.Ended.COMPLETE);
    assertThat(events).containsExactly("saved 2", "saved 4", "saved 6", "saved 8", "end");
  }

  @Test
  void the_last_checkpoint_is_waited_for_before_the_best_is_loaded() throws IOException {
    Iterator<Double> scores = List.of(0.3, 0.4, 0.5, 0.9).iterator();
    trainer(
            arguments()
                .evalStrategy(IntervalStrategy.STEPS)
                .evalSteps(2)
                .metricForBestModel("score")
                .loadBestModelAtEnd(true))
        .computeMetrics(prediction -> Map.of("score", scores.next()))
        .build()
        .train();

    assertThat(events).endsWith("saved 8", "best 8", "end");
  }

  @Test
  void a_training_that_is_stopped_waits_for_its_last_checkpoint() throws IOException {
    var stop = new ArrayList<Runnable>();
    Trainer<Classifier.Example> trainer =
        trainer(arguments()).callback(after(5, () -> stop.forEach(Runnable::run))).build();
    stop.add(trainer::requestStop);

    assertThat(trainer.train().ended()).isEqualTo(TrainResult.Ended.STOPPED_ON_REQUEST);
    assertThat(events).containsExactly("saved 2", "saved 4", "saved 5", "end");
  }

  @Test
  void a_callback_that_is_told_of_a_checkpoint_can_stop_the_training() throws IOException {
    Trainer<Classifier.Example> trainer =
        trainer(arguments().maxSteps(100_000))
            .callback(
                new TrainerCallback() {
                  @Override
                  public void onSave(
                      TrainingArguments arguments,
                      TrainerState state,
                      TrainerControl control,
                      Saved saved) {
                    control.shouldTrainingStop(true);
                  }
                })
            .build();

    assertThat(trainer.train().ended()).isEqualTo(TrainResult.Ended.STOPPED_BY_CALLBACK);
    assertThat(events).startsWith("saved 2").endsWith("end");
  }

  @Test
  void a_save_that_fails_ends_the_training() {
    Trainer<Classifier.Example> trainer =
        trainer(arguments().maxSteps(100_000)).callback(after(3, () -> takeTheName(4))).build();

    assertThatThrownBy(trainer::train)
        .isInstanceOf(FileAlreadyExistsException.class)
        .hasMessageContaining("there is a checkpoint of step 4 already");
    assertThat(events).containsExactly("saved 2");
    assertThat(trainer.state().globalStep()).isBetween(4L, 6L);
  }

  @Test
  void a_last_save_that_fails_fails_the_training() {
    Trainer<Classifier.Example> trainer =
        trainer(arguments()).callback(after(7, () -> takeTheName(8))).build();

    assertThatThrownBy(trainer::train).isInstanceOf(FileAlreadyExistsException.class);
    assertThat(events).containsExactly("saved 2", "saved 4", "saved 6");
  }

  @Test
  void an_exception_of_the_training_waits_for_the_save_in_flight() throws IOException {
    Trainer<Classifier.Example> trainer =
        trainer(arguments())
            .callback(
                after(
                    3,
                    () -> {
                      throw new IllegalStateException("the callback");
                    }))
            .build();

    assertThatThrownBy(trainer::train).hasMessage("the callback").hasNoSuppressedExceptions();
    assertThat(Verification.of(folder.resolve("checkpoint-2")).isClean()).isTrue();
  }

  /** Makes a save of this step fail. */
  private void takeTheName(long step) {
    try {
      Path taken = Files.createDirectory(folder.resolve("checkpoint-" + step));
      Files.writeString(taken.resolve("config.json"), "{}");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
