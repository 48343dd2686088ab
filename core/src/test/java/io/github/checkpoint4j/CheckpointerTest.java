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
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CheckpointerTest extends TrackedLoop {
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
  void a_second_checkpointer_in_the_directory_is_refused() throws IOException {
    try (Checkpointer checkpointer = builder().open(disk)) {
      assertThatThrownBy(() -> Checkpointer.in(run).open(disk))
          .isInstanceOf(CheckpointLockedException.class);
      checkpointer.save(1, 0, Map.of());
    }
    Checkpointer.in(run).open(disk).close();
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
