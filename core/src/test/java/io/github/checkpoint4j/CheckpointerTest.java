package io.github.checkpoint4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.StateMismatchException;
import io.github.checkpoint4j.state.Stateful;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.store.Checkpoint;
import io.github.checkpoint4j.store.CheckpointInfo;
import io.github.checkpoint4j.store.CheckpointLockedException;
import io.github.checkpoint4j.store.CrashedAtEnd;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

class CheckpointerTest {
  private static final Instant BEGIN = Instant.parse("2026-03-01T12:00:00Z");

  @TempDir Path temporary;
  @RegisterExtension final CrashedAtEnd disk = new CrashedAtEnd(() -> temporary);
  private final List<String> loads = new ArrayList<>();
  private final Counter model = new Counter("model", loads);
  private final Counter optimizer = new Counter("optimizer", loads);
  private final Counter random = new Counter("rng", loads);
  private final AtomicLong seconds = new AtomicLong();
  private Path run;

  @BeforeEach
  void name() {
    run = temporary.resolve("run");
  }

  private CheckpointerBuilder builder() {
    InstantSource clock = () -> BEGIN.plusSeconds(seconds.get());
    return Checkpointer.in(run)
        .track("rng", random)
        .track("model", model)
        .track("optimizer", optimizer)
        .clock(clock);
  }

  private void train(Checkpointer checkpointer, long from, long to) throws IOException {
    for (long step = from; step <= to; step++) {
      model.set((float) step);
      optimizer.set((float) -step);
      random.set((float) (step * 2));
      checkpointer.step(step, step / 4.0, Map.of());
    }
  }

  private static List<Long> steps(Checkpointer checkpointer) throws IOException {
    return checkpointer.checkpoints().stream().map(CheckpointInfo::step).toList();
  }

  @Test
  void a_file_that_comes_later_is_in_the_checkpoints_saved_from_then_on() throws IOException {
    try (Checkpointer checkpointer = builder().save(SaveStrategy.everySteps(1)).open(disk)) {
      train(checkpointer, 1, 1);
      checkpointer.file("NOTICE", FileContent.of("words"));
      train(checkpointer, 2, 3);

      assertThat(run.resolve("checkpoint-1/NOTICE")).doesNotExist();
      assertThat(run.resolve("checkpoint-2/NOTICE")).hasContent("words");
      assertThat(run.resolve("checkpoint-3/NOTICE")).hasContent("words");
      assertThatThrownBy(() -> checkpointer.file("NOTICE", FileContent.of("others")))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("two parts of the checkpoint would be in NOTICE");
      assertThatThrownBy(() -> checkpointer.file("model.safetensors", FileContent.of("")))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void a_loop_saves_and_a_later_one_goes_on_with_random_numbers_restored_last() throws IOException {
    try (Checkpointer checkpointer = builder().save(SaveStrategy.everySteps(3)).open(disk)) {
      assertThat(checkpointer.resume()).isEmpty();
      train(checkpointer, 1, 7);
      assertThat(steps(checkpointer)).containsExactly(3L, 6L);
    }
    model.set(0);
    try (Checkpointer checkpointer = builder().save(SaveStrategy.everySteps(3)).open(disk)) {
      CheckpointInfo resumed = checkpointer.resume().orElseThrow();
      assertThat(resumed.step()).isEqualTo(6);
      assertThat(resumed.epoch()).hasValue(1.5);
      assertThat(model.value()).isEqualTo(6);
      assertThat(optimizer.value()).isEqualTo(-6);
      assertThat(random.value()).isEqualTo(12);
      assertThat(loads).containsExactly("model", "optimizer", "rng");
      assertThat(checkpointer.changes()).isEmpty();
      assertThat(checkpointer.skipped()).isEmpty();
      train(checkpointer, 7, 9);
      assertThat(checkpointer.latest().orElseThrow().step()).isEqualTo(9);
    }
  }

  @Test
  void the_files_are_those_of_hugging_faces_trainer_and_those_named() throws IOException {
    try (Checkpointer checkpointer =
        builder()
            .track("data", new Counter("data", loads))
            .file("trainer_state.json", () -> FileContent.of("{\"epoch\": " + model.value() + "}"))
            .open(disk)) {
      model.set(4);
      CheckpointInfo info = checkpointer.save(1, 0, Map.of());
      try (Checkpoint checkpoint = checkpointer.open(info)) {
        assertThat(checkpoint.files())
            .containsExactly(
                "data.pt",
                "model.safetensors",
                "optimizer.pt",
                "rng_state.pth",
                "trainer_state.json");
        assertThat(checkpoint.json("trainer_state.json").real("epoch")).isEqualTo(4);
      }
    }
  }

  @Test
  void two_parts_for_one_file_are_refused() {
    assertThatThrownBy(() -> builder().track("model", model))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("two parts of the checkpoint would be in model.safetensors");
    assertThatThrownBy(() -> builder().file("optimizer.pt", () -> FileContent.of("")))
        .hasMessage("two parts of the checkpoint would be in optimizer.pt");
    assertThatThrownBy(() -> builder().track("a/b", model))
        .hasMessage("'a/b.pt' cannot name a file of a checkpoint: it has a '/', '\\' or ':'");
  }

  @Test
  void what_is_said_twice_is_refused() {
    assertThatThrownBy(() -> builder().save(SaveStrategy.never()).save(SaveStrategy.everySteps(1)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("save was called before; combine what is wanted in one call");
  }

  @Test
  void a_number_that_json_has_no_form_for_is_refused_before_the_run() {
    assertThatThrownBy(() -> builder().hyperparameters(Json.object().put("x", Double.NaN).build()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("the hyperparameters cannot be written as JSON (RFC 8259): ");
  }

  @Test
  void steps_go_up() throws IOException {
    try (Checkpointer checkpointer = builder().open(disk)) {
      checkpointer.step(5, Map.of());
      assertThatThrownBy(() -> checkpointer.step(5, Map.of()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("step 5 is not after step 5; steps go up");
    }
  }

  @Test
  void a_step_is_saved_once() throws IOException {
    try (Checkpointer checkpointer = builder().open(disk)) {
      checkpointer.save(5, 0, Map.of());
      assertThatThrownBy(() -> checkpointer.save(5, 0, Map.of()))
          .isInstanceOf(FileAlreadyExistsException.class);
    }
    try (Checkpointer checkpointer = builder().overwrite(true).open(disk)) {
      model.set(9);
      checkpointer.save(5, 0, Map.of());
      model.set(0);
      checkpointer.resume();
      assertThat(model.value()).isEqualTo(9);
      assertThat(steps(checkpointer)).containsExactly(5L);
    }
  }

  @Test
  void a_run_that_would_run_into_checkpoints_it_did_not_resume_from_is_told_at_its_first_step()
      throws IOException {
    try (Checkpointer checkpointer = builder().save(SaveStrategy.everySteps(5)).open(disk)) {
      train(checkpointer, 1, 10);
    }
    try (Checkpointer checkpointer = builder().open(disk)) {
      assertThatThrownBy(() -> checkpointer.step(1, Map.of()))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage(
              "step 1 is not after %s, from which this run did not resume. Resume from it, or use"
                      .formatted(run.resolve("checkpoint-10"))
                  + " another directory, or open with overwrite to replace checkpoints");
      checkpointer.resume(run.resolve("checkpoint-5"));
      assertThatThrownBy(() -> checkpointer.save(6, 0, Map.of()))
          .isInstanceOf(IllegalStateException.class);
      checkpointer.resume();
      checkpointer.save(11, 0, Map.of());
    }
    try (Checkpointer checkpointer = builder().overwrite(true).open(disk)) {
      checkpointer.resume(run.resolve("checkpoint-5"));
      checkpointer.save(6, 0, Map.of());
      assertThat(checkpointer.latest().orElseThrow().step()).isEqualTo(6);
    }
  }

  @Test
  void a_damaged_checkpoint_is_passed_over_and_reported_and_its_step_can_be_saved_again()
      throws IOException {
    try (Checkpointer checkpointer = builder().save(SaveStrategy.everySteps(5)).open(disk)) {
      train(checkpointer, 1, 15);
    }
    Files.delete(run.resolve("checkpoint-15/optimizer.pt"));
    flipLastByte(run.resolve("checkpoint-10/model.safetensors"));
    try (Checkpointer checkpointer = builder().save(SaveStrategy.everySteps(5)).open(disk)) {
      assertThat(checkpointer.resume().orElseThrow().step()).isEqualTo(5);
      assertThat(model.value()).isEqualTo(5);
      assertThat(loads).containsExactly("model", "optimizer", "rng");
      assertThat(checkpointer.skipped()).hasSize(2);
      assertThat(checkpointer.skipped().getFirst().reason())
          .startsWith(run.resolve("checkpoint-15") + ": optimizer.pt is missing, it had ");
      assertThat(checkpointer.skipped().getLast().reason())
          .startsWith(
              run.resolve("checkpoint-10")
                  + ": tensor 'value' of model.safetensors is damaged: the CRC32C of its 4 bytes");
      train(checkpointer, 6, 15);
      assertThat(steps(checkpointer)).containsExactly(5L, 10L, 15L);
      assertThat(checkpointer.latest().orElseThrow().usable()).isTrue();
    }
  }

  @Test
  void a_checkpoint_that_was_renamed_is_passed_over_and_can_be_saved_again_and_no_other()
      throws IOException {
    try (Checkpointer checkpointer = builder().save(SaveStrategy.everySteps(5)).open(disk)) {
      train(checkpointer, 1, 10);
    }
    Files.move(run.resolve("checkpoint-10"), run.resolve("checkpoint-15"));
    try (Checkpointer checkpointer = builder().save(SaveStrategy.everySteps(5)).open(disk)) {
      assertThat(checkpointer.resume().orElseThrow().step()).isEqualTo(5);
      assertThat(checkpointer.skipped().getFirst().checkpoint().step()).isEqualTo(15);
      train(checkpointer, 6, 15);
      assertThat(checkpointer.checkpoints())
          .allMatch(CheckpointInfo::usable)
          .extracting(CheckpointInfo::step)
          .containsExactly(5L, 10L, 15L);
    }
  }

  @Test
  void without_verification_the_bytes_are_taken_as_they_are() throws IOException {
    try (Checkpointer checkpointer = builder().open(disk)) {
      checkpointer.save(5, 0, Map.of());
    }
    flipLastByte(run.resolve("checkpoint-5/model.safetensors"));
    try (Checkpointer checkpointer = builder().verify(false).open(disk)) {
      assertThat(checkpointer.resume()).isPresent();
    }
  }

  @Test
  void a_run_whose_checkpoints_are_all_damaged_does_not_silently_start_anew() throws IOException {
    try (Checkpointer checkpointer = builder().open(disk)) {
      checkpointer.save(5, 0, Map.of());
    }
    Files.delete(run.resolve("checkpoint-5/model.safetensors"));
    try (Checkpointer checkpointer = builder().open(disk)) {
      assertThatThrownBy(checkpointer::resume)
          .isInstanceOf(CorruptFileException.class)
          .hasMessageStartingWith(
              "none of the 1 checkpoints in %s is whole: %s: model.safetensors is missing"
                  .formatted(run, run.resolve("checkpoint-5")));
    }
  }

  @Test
  void a_component_that_was_not_saved_is_an_error() throws IOException {
    try (Checkpointer checkpointer = builder().open(disk)) {
      checkpointer.save(5, 0, Map.of());
    }
    try (Checkpointer checkpointer =
        builder().track("scheduler", new Counter("scheduler", loads)).open(disk)) {
      assertThatThrownBy(checkpointer::resume)
          .isInstanceOf(StateMismatchException.class)
          .hasMessage(
              run.resolve("checkpoint-5")
                  + " has no scheduler (scheduler.pt); its files are [model.safetensors, optimizer.pt,"
                  + " rng_state.pth]. Do not track what was not saved");
      assertThat(loads).isEmpty();
    }
  }

  @Test
  void a_file_that_someone_cuts_short_while_it_is_loaded_is_named() throws IOException {
    Path file = run.resolve("checkpoint-1/model.safetensors");
    Stateful cutting =
        new Stateful() {
          @Override
          public StateDict stateDict() {
            return StateDict.of(Map.of("value", Tensor.ofFloats(new float[50_000], 50_000)));
          }

          @Override
          public void loadStateDict(StateDict state) {
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
              channel.truncate(4096);
            } catch (IOException e) {
              throw new AssertionError(e);
            }
            state.tensor("value").toFloats();
          }
        };
    try (Checkpointer checkpointer = Checkpointer.in(run).track("model", cutting).open()) {
      CheckpointInfo info = checkpointer.save(1, 0, Map.of());
      assertThatThrownBy(() -> checkpointer.resume(info.directory()))
          .isInstanceOf(CorruptFileException.class)
          .hasMessageStartingWith(file + " cannot be read any more: it was cut short");
    }
  }

  @Test
  void a_state_that_does_not_fit_is_an_error_that_names_the_component() throws IOException {
    Stateful wider =
        new Stateful() {
          @Override
          public StateDict stateDict() {
            return StateDict.builder().put("value", Tensor.ofFloats(new float[] {1, 2}, 2)).build();
          }

          @Override
          public void loadStateDict(StateDict state) {
            throw new AssertionError();
          }
        };
    try (Checkpointer checkpointer = Checkpointer.in(run).track("model", wider).open(disk)) {
      checkpointer.save(1, 0, Map.of());
    }
    try (Checkpointer checkpointer = Checkpointer.in(run).track("model", model).open(disk)) {
      assertThatThrownBy(checkpointer::resume)
          .isInstanceOf(StateMismatchException.class)
          .hasMessage("the checkpoint's model does not fit: value should be F32[1] and is F32[2]");
    }
  }

  @Test
  void changed_hyperparameters_and_another_fingerprint_are_listed() throws IOException {
    Json.Obj before = Json.object().put("learning_rate", 5e-5).put("seed", 1).put("a", 1).build();
    Json.Obj after = Json.object().put("learning_rate", 2e-5).put("seed", 1).put("b", 2).build();
    try (Checkpointer checkpointer =
        builder()
            .hyperparameters(before)
            .fingerprint(Json.object().put("threads", 1).build())
            .open(disk)) {
      checkpointer.save(1, 0, Map.of());
    }
    try (Checkpointer checkpointer =
        builder()
            .hyperparameters(after)
            .fingerprint(Json.object().put("threads", 2).build())
            .open(disk)) {
      assertThat(checkpointer.changes()).isEmpty();
      checkpointer.resume();
      assertThat(checkpointer.changes())
          .containsExactly(
              new Change("learning_rate", Json.of(5e-5), Json.of(2e-5)),
              new Change("a", Json.of(1), Json.Null.NULL),
              new Change("b", Json.Null.NULL, Json.of(2)),
              new Change("fingerprint.threads", Json.of(1), Json.of(2)));
      assertThat(checkpointer.changes().getFirst()).hasToString("learning_rate: 5e-05 -> 2e-05");
    }
  }

  @Test
  void time_since_the_last_save_counts() throws IOException {
    try (Checkpointer checkpointer =
        builder().save(SaveStrategy.every(Duration.ofMinutes(10))).open(disk)) {
      for (long step = 1; step <= 6; step++) {
        seconds.addAndGet(299);
        checkpointer.step(step, Map.of());
      }
      assertThat(steps(checkpointer)).containsExactly(3L, 6L);
      assertThat(checkpointer.latest().orElseThrow().time()).isEqualTo(BEGIN.plusSeconds(6 * 299));
    }
  }

  @Test
  void retention_keeps_what_the_policy_says_the_newest_the_best_and_pinned_ones()
      throws IOException {
    try (Checkpointer checkpointer =
        builder()
            .keep(RetentionPolicy.latest(1))
            .best("eval_accuracy", Direction.MAXIMIZE)
            .open(disk)) {
      checkpointer.save(1, 0, Map.of("eval_accuracy", 0.5));
      checkpointer.pin(checkpointer.save(2, 0, Map.of("eval_accuracy", 0.4)));
      checkpointer.save(3, 0, Map.of("eval_accuracy", 0.7));
      checkpointer.save(4, 0, Map.of("eval_accuracy", 0.7));
      checkpointer.save(5, 0, Map.of("eval_accuracy", Double.NaN));
      checkpointer.save(6, 0, Map.of());
      checkpointer.save(7, 0, Map.of("eval_accuracy", 0.1));
      assertThat(steps(checkpointer)).containsExactly(2L, 3L, 7L);
      assertThat(checkpointer.best().orElseThrow().step()).isEqualTo(3);
      checkpointer.unpin(checkpointer.checkpoints().getFirst());
      checkpointer.save(8, 0, Map.of("eval_accuracy", 0.8));
      assertThat(steps(checkpointer)).containsExactly(8L);
    }
  }

  @Test
  void the_best_is_kept_though_a_later_run_tracks_no_metric() throws IOException {
    try (Checkpointer checkpointer = builder().best("eval_acc", Direction.MAXIMIZE).open()) {
      checkpointer.save(1, 0, Map.of("eval_acc", 0.9));
      checkpointer.save(2, 0, Map.of("eval_acc", 0.8));
    }
    try (Checkpointer checkpointer = builder().keep(RetentionPolicy.latest(1)).open()) {
      checkpointer.resume();
      checkpointer.save(3, 0, Map.of());
      checkpointer.save(4, 0, Map.of());
      assertThat(steps(checkpointer)).containsExactly(1L, 4L);
    }
  }

  @Test
  void checkpoints_of_another_run_are_never_given_up() throws IOException {
    try (Checkpointer checkpointer = builder().open()) {
      train(checkpointer, 1, 1);
      checkpointer.save(2, 0, Map.of());
      checkpointer.save(3, 0, Map.of());
    }
    Path elsewhere = temporary.resolve("elsewhere");
    Files.move(
        run.resolve("checkpoint-3"), Files.createDirectory(elsewhere).resolve("checkpoint-3"));
    try (Checkpointer checkpointer = builder().keep(RetentionPolicy.latest(1)).open()) {
      checkpointer.save(10, 0, Map.of());
      checkpointer.save(11, 0, Map.of());
      assertThat(steps(checkpointer)).containsExactly(2L, 11L);
      checkpointer.resume(elsewhere.resolve("checkpoint-3"));
      checkpointer.save(12, 0, Map.of());
      assertThat(steps(checkpointer)).containsExactly(2L, 12L);
    }
    try (Checkpointer checkpointer = builder().keep(RetentionPolicy.latest(1)).open()) {
      checkpointer.resume();
      checkpointer.save(13, 0, Map.of());
      assertThat(steps(checkpointer)).containsExactly(13L);
    }
  }

  @Test
  void the_best_is_found_after_the_directory_was_moved() throws IOException {
    try (Checkpointer checkpointer = builder().best("eval_acc", Direction.MAXIMIZE).open()) {
      checkpointer.save(1, 0, Map.of("eval_acc", 0.9));
      checkpointer.save(2, 0, Map.of("eval_acc", 0.8));
    }
    run = Files.move(run, temporary.resolve("moved"));
    try (Checkpointer checkpointer =
        builder().best("eval_acc", Direction.MAXIMIZE).keep(RetentionPolicy.latest(1)).open()) {
      assertThat(checkpointer.resume().orElseThrow().step()).isEqualTo(2);
      checkpointer.save(3, 0, Map.of("eval_acc", 0.7));
      assertThat(checkpointer.best().orElseThrow().directory())
          .isEqualTo(run.resolve("checkpoint-1"));
    }
  }

  @Test
  void the_newest_by_commit_is_kept_though_its_step_is_lower() throws IOException {
    try (Checkpointer checkpointer = builder().open(disk)) {
      checkpointer.save(10, 0, Map.of());
    }
    try (Checkpointer checkpointer =
        builder().overwrite(true).keep(RetentionPolicy.everySteps(10)).open(disk)) {
      checkpointer.save(7, 0, Map.of());
      assertThat(steps(checkpointer)).containsExactly(10L, 7L);
    }
  }

  @Test
  void a_policy_by_a_metric_that_is_not_measured_fails_the_save_before_anything_is_written()
      throws IOException {
    try (Checkpointer checkpointer =
        builder().keep(RetentionPolicy.best("eval_acc", Direction.MAXIMIZE, 1)).open()) {
      checkpointer.save(1, 0, Map.of("loss", 1.0));
      assertThatThrownBy(() -> checkpointer.save(2, 0, Map.of("eval_accuracy", 0.5)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "the best checkpoints are to be kept by 'eval_acc', which was not measured; there"
                  + " are: eval_accuracy, loss");
      assertThat(steps(checkpointer)).containsExactly(1L);
      checkpointer.save(2, 0, Map.of("eval_acc", 0.5));
      checkpointer.save(3, 0, Map.of("eval_acc", 0.4));
      checkpointer.save(4, 0, Map.of("eval_accuracy", 0.4));
      assertThat(steps(checkpointer)).containsExactly(2L, 4L);
    }
  }

  @Test
  void retention_runs_only_after_the_save_is_durable() throws IOException {
    try (Checkpointer checkpointer = builder().keep(RetentionPolicy.latest(1)).open(disk)) {
      checkpointer.save(1, 0, Map.of());
      assertThatThrownBy(
              () -> {
                Path blocking = Files.createDirectory(run.resolve("checkpoint-2"));
                Files.writeString(blocking.resolve("model.safetensors"), "someone else's");
                checkpointer.save(2, 0, Map.of());
              })
          .isInstanceOf(FileAlreadyExistsException.class);
      assertThat(steps(checkpointer)).contains(1L);
    }
  }

  @Test
  void retention_leaves_damaged_and_unverified_checkpoints_alone() throws IOException {
    try (Checkpointer checkpointer = builder().keep(RetentionPolicy.latest(1)).open(disk)) {
      checkpointer.save(1, 0, Map.of());
      Files.delete(run.resolve("checkpoint-1/optimizer.pt"));
      Path python = Files.createDirectory(run.resolve("checkpoint-2"));
      Files.writeString(python.resolve("config.json"), "{}");
      checkpointer.save(3, 0, Map.of());
      checkpointer.save(4, 0, Map.of());
      assertThat(steps(checkpointer)).containsExactly(1L, 2L, 4L);
    }
  }

  @Test
  void an_evaluation_without_the_tracked_metric_is_an_error_that_lists_those_there_are()
      throws IOException {
    try (Checkpointer checkpointer = builder().best("eval_acc", Direction.MAXIMIZE).open(disk)) {
      checkpointer.save(1, 0, Map.of("loss", 1.0));
      assertThatThrownBy(
              () -> checkpointer.save(2, 0, Map.of("eval_loss", 1.0, "eval_accuracy", 0.5)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "the best checkpoint is told by 'eval_acc', which was not measured; there are:"
                  + " eval_accuracy, eval_loss");
      assertThat(steps(checkpointer)).containsExactly(1L);
      assertThatThrownBy(checkpointer::best)
          .hasMessage(
              "the best checkpoint is told by 'eval_acc', which was not measured; there are: loss");
    }
  }

  @Test
  void best_without_metrics_is_empty_and_without_a_tracked_metric_an_error() throws IOException {
    try (Checkpointer checkpointer = builder().best("eval_loss", Direction.MINIMIZE).open(disk)) {
      assertThat(checkpointer.best()).isEmpty();
      checkpointer.save(1, 0, Map.of());
      assertThat(checkpointer.best()).isEmpty();
      checkpointer.save(2, 0, Map.of("eval_loss", Double.POSITIVE_INFINITY));
      assertThat(checkpointer.best()).isEmpty();
    }
    try (Checkpointer checkpointer = builder().open(disk)) {
      assertThatThrownBy(checkpointer::best)
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("no metric tells the best checkpoint: name one with best(metric, direction)");
    }
  }

  @Test
  void the_best_can_be_told_from_the_checkpoints_alone() throws IOException {
    try (Checkpointer checkpointer = builder().best("loss", Direction.MINIMIZE).open(disk)) {
      checkpointer.save(1, 0, Map.of("loss", 2.0));
      checkpointer.save(2, 0, Map.of("loss", 1.0));
      checkpointer.save(3, 0, Map.of("loss", 1.5));
      assertThat(Checkpointer.bestOf(checkpointer.checkpoints()).orElseThrow().step()).isEqualTo(2);
    }
    assertThat(Checkpointer.bestOf(List.of())).isEmpty();
  }

  @Test
  void a_second_checkpointer_in_the_directory_is_refused() throws IOException {
    try (Checkpointer checkpointer = builder().open(disk)) {
      assertThatThrownBy(() -> Checkpointer.in(run).open(disk))
          .isInstanceOf(CheckpointLockedException.class);
      checkpointer.save(1, 0, Map.of());
    }
    Checkpointer.in(run).open(disk).close();
  }

  private static void flipLastByte(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length - 1] ^= 1;
    Files.write(file, bytes);
  }

  @Test
  void a_policy_is_asked_of_the_checkpoints_there_are_and_not_of_those_given_up()
      throws IOException {
    RetentionPolicy policy =
        RetentionPolicy.latest(1).and(RetentionPolicy.best("eval_loss", Direction.MINIMIZE, 1));
    try (Checkpointer checkpointer = builder().keep(policy).open()) {
      checkpointer.save(1, 0, Map.of("eval_loss", 1.0));
      checkpointer.save(2, 0, Map.of());
      assertThat(steps(checkpointer)).containsExactly(2L);
      assertThatThrownBy(() -> checkpointer.save(3, 0, Map.of("eval_accuracy", 0.5)))
          .isInstanceOf(IllegalArgumentException.class);
      assertThat(steps(checkpointer)).as("nothing is saved").containsExactly(2L);
    }
  }

  @Test
  void a_run_that_goes_back_is_told_of_the_checkpoints_that_it_made_itself() throws IOException {
    try (Checkpointer checkpointer = builder().open()) {
      checkpointer.save(5, 0, Map.of());
      checkpointer.save(10, 0, Map.of());
      checkpointer.resume(run.resolve("checkpoint-5"));
      assertThatThrownBy(() -> checkpointer.save(6, 0, Map.of()))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageStartingWith(
              "step 6 is not after %s, from which".formatted(run.resolve("checkpoint-10")));
      checkpointer.resume();
      checkpointer.save(11, 0, Map.of());
    }
  }
}
