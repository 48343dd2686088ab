package io.github.checkpoint4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Stateful;
import io.github.checkpoint4j.store.CheckpointLockedException;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A save in the background that fails is told of once, and never not at all. */
class BackgroundFailureTest extends BackgroundFixture {
  private static final String MESSAGE =
      "input/output error at write model.safetensors. Earlier checkpoints are untouched.";

  /** A save of this step that has failed by now, and that no one was told of. */
  private void failedSave(Checkpointer checkpointer, long step) throws IOException {
    storage.fail(FIRST_WRITE);
    checkpointer.saveInBackground(step, 0, Map.of());
    checkpointer.recovery(); // which waits
    storage.heal();
  }

  @Test
  void it_is_thrown_at_the_next_step_which_can_then_be_told_again() throws Exception {
    try (Checkpointer checkpointer = savingEverySteps(2)) {
      failedSave(checkpointer, 1);
      assertThatThrownBy(() -> checkpointer.step(2, Map.of()))
          .isInstanceOf(IOException.class)
          .hasMessage("could not save checkpoint-1 in " + run + ": " + MESSAGE);
      assertThat(checkpointer.checkpoints()).isEmpty();
      assertThat(tell(checkpointer, 2)).isEmpty();
      assertThat(step(checkpointer.awaitSave())).contains(2L);
    }
  }

  @Test
  void it_is_thrown_at_a_step_that_does_not_save() throws Exception {
    try (Checkpointer checkpointer = savingEverySteps(10)) {
      failedSave(checkpointer, 1);
      assertThatThrownBy(() -> checkpointer.step(2, Map.of())).hasMessageContaining(MESSAGE);
      assertThat(tell(checkpointer, 2)).isEmpty();
    }
  }

  @Test
  void it_is_thrown_by_the_save_that_waits_for_it_of_which_nothing_is_done() throws Exception {
    try (Checkpointer checkpointer = savingEverySteps(1)) {
      storage.hold(FIRST_WRITE);
      storage.fail(FIRST_WRITE);
      checkpointer.step(1, Map.of());
      storage.awaitHeld();
      openWhenThisThreadWaits();
      assertThatThrownBy(() -> checkpointer.step(2, Map.of())).hasMessageContaining(MESSAGE);
      storage.heal();
      assertThat(tell(checkpointer, 2)).isEmpty();
      assertThat(step(checkpointer.awaitSave())).contains(2L);
    }
  }

  @Test
  void it_is_thrown_where_it_is_asked_for() throws Exception {
    try (Checkpointer checkpointer = builder().open(storage)) {
      failedSave(checkpointer, 1);
      assertThatThrownBy(checkpointer::pollSave).hasMessageContaining(MESSAGE);
      assertThat(checkpointer.pollSave()).isEmpty();
      storage.fail(FIRST_WRITE);
      checkpointer.saveInBackground(1, 0, Map.of());
      assertThatThrownBy(checkpointer::awaitSave).hasMessageContaining(MESSAGE);
      assertThat(checkpointer.awaitSave()).isEmpty();
    }
  }

  @Test
  void it_is_thrown_at_closing_if_it_was_not_before_and_the_directory_is_given_up()
      throws Exception {
    Checkpointer checkpointer = builder().open(storage);
    failedSave(checkpointer, 1);
    assertThatThrownBy(checkpointer::close).hasMessageContaining(MESSAGE);
    checkpointer.close();
    builder().open(storage).close();
  }

  @Test
  void a_save_in_flight_that_fails_is_thrown_at_closing() throws Exception {
    Checkpointer checkpointer = builder().open(storage);
    storage.hold(FIRST_WRITE);
    storage.fail(FIRST_WRITE);
    checkpointer.saveInBackground(1, 0, Map.of());
    storage.awaitHeld();
    openWhenThisThreadWaits();
    assertThatThrownBy(checkpointer::close).hasMessageContaining(MESSAGE);
  }

  @Test
  void what_was_thrown_is_not_thrown_again_at_closing() {
    assertThatThrownBy(
            () -> {
              try (Checkpointer checkpointer = savingEverySteps(1)) {
                failedSave(checkpointer, 1);
                checkpointer.step(2, Map.of());
              }
            })
        .hasMessageContaining(MESSAGE)
        .hasNoSuppressedExceptions();
  }

  @Test
  void with_an_exception_of_the_loop_it_is_suppressed_and_not_lost() {
    assertThatThrownBy(
            () -> {
              try (Checkpointer checkpointer = savingEverySteps(1)) {
                failedSave(checkpointer, 1);
                throw new IllegalStateException("the loop");
              }
            })
        .hasMessage("the loop")
        .satisfies(
            e ->
                assertThat(e.getSuppressed())
                    .singleElement()
                    .satisfies(failure -> assertThat(failure).hasMessageContaining(MESSAGE)));
  }

  @Test
  void a_save_that_is_not_in_the_background_is_made_nevertheless() throws Exception {
    Checkpointer checkpointer = builder().open(storage);
    failedSave(checkpointer, 1);
    assertThat(checkpointer.save(2, 0, Map.of()).step()).isEqualTo(2);
    assertThat(step(checkpointer.latest())).contains(2L);
    assertThatThrownBy(checkpointer::close).hasMessageContaining(MESSAGE);
  }

  @Test
  void a_failed_save_does_not_count_as_one() throws Exception {
    try (Checkpointer checkpointer =
        builder().save(SaveStrategy.every(Duration.ofSeconds(10))).open(storage)) {
      seconds.set(10);
      storage.fail(FIRST_WRITE);
      checkpointer.step(1, Map.of());
      assertThatThrownBy(checkpointer::awaitSave).hasMessageContaining(MESSAGE);
      storage.heal();
      checkpointer.step(2, Map.of());
      assertThat(step(checkpointer.awaitSave())).contains(2L);
    }
  }

  @Test
  void a_checkpoint_of_the_step_is_a_failure_of_the_save() throws Exception {
    try (Checkpointer checkpointer = builder().open(storage)) {
      checkpointer.save(1, 0, Map.of());
      checkpointer.saveInBackground(1, 0, Map.of());
      assertThatThrownBy(checkpointer::awaitSave).isInstanceOf(FileAlreadyExistsException.class);
    }
  }

  @Test
  void a_state_that_cannot_be_written_is_a_failure_of_the_save() throws Exception {
    Stateful text =
        new Stateful() {
          @Override
          public StateDict stateDict() {
            return StateDict.builder().put("name", "no tensor").build();
          }

          @Override
          public void loadStateDict(StateDict state) {}
        };
    try (Checkpointer checkpointer = Checkpointer.in(run).track("model", text).open(storage)) {
      checkpointer.saveInBackground(1, 0, Map.of());
      assertThatThrownBy(checkpointer::awaitSave)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith("entry 'name' is not a tensor");
    }
  }

  @Test
  void an_error_is_a_failure_of_the_save_too() throws Exception {
    try (Checkpointer checkpointer = builder().open(storage)) {
      storage.fail(FIRST_WRITE, new StackOverflowError("too deep"));
      checkpointer.saveInBackground(1, 0, Map.of());
      assertThatThrownBy(checkpointer::awaitSave).isInstanceOf(StackOverflowError.class);
      storage.fail(FIRST_WRITE, new InterruptedException("sneaked through"));
      checkpointer.saveInBackground(1, 0, Map.of());
      assertThatThrownBy(checkpointer::awaitSave)
          .isInstanceOf(IllegalStateException.class)
          .hasRootCauseMessage("sneaked through");
    }
  }

  @Test
  void a_checkpoint_that_is_saved_though_another_was_not_deleted_is_told_by_the_message()
      throws Exception {
    String deletion = "rename checkpoint-1 to .checkpoint-1.trash-1";
    try (Checkpointer checkpointer = builder().keep(RetentionPolicy.latest(1)).open(storage)) {
      checkpointer.save(1, 0, Map.of());
      storage.fail(deletion);
      checkpointer.saveInBackground(2, 0, Map.of());
      assertThatThrownBy(checkpointer::awaitSave)
          .isInstanceOf(IOException.class)
          .hasMessageStartingWith(
              run.resolve("checkpoint-2") + " is saved, but an older checkpoint was not deleted: ");
      assertThat(checkpointer.pollSave()).isEmpty();
      assertThat(steps(checkpointer.checkpoints())).containsExactly(1L, 2L);
      storage.heal();
      checkpointer.save(3, 0, Map.of());
      assertThat(steps(checkpointer.checkpoints())).containsExactly(3L);
    }
  }

  @Test
  void what_happens_while_the_state_is_copied_leaves_the_save_before_to_be_told() throws Exception {
    boolean[] broken = {false};
    Stateful fragile =
        new Stateful() {
          @Override
          public StateDict stateDict() {
            if (broken[0]) {
              throw new IllegalStateException("no state now");
            }
            return model.stateDict();
          }

          @Override
          public void loadStateDict(StateDict state) {}
        };
    try (Checkpointer checkpointer = Checkpointer.in(run).track("model", fragile).open(storage)) {
      checkpointer.saveInBackground(1, 0, Map.of());
      broken[0] = true;
      assertThatThrownBy(() -> checkpointer.saveInBackground(2, 0, Map.of()))
          .hasMessage("no state now");
      assertThat(step(checkpointer.awaitSave())).contains(1L);
    }
  }

  @Test
  void an_interrupt_of_the_loop_does_not_reach_the_save_and_stays_set() throws Exception {
    try (Checkpointer checkpointer = savingEverySteps(1)) {
      model.fill(1);
      storage.hold("sync model.safetensors");
      checkpointer.step(1, Map.of());
      storage.awaitHeld();
      Thread.currentThread().interrupt();
      Thread loop = Thread.currentThread();
      Thread.ofPlatform().start(() -> storage.open());
      assertThat(step(checkpointer.awaitSave())).contains(1L);
      assertThat(Thread.interrupted()).isTrue();

      loop.interrupt();
      model.fill(2);
      checkpointer.step(2, Map.of());
      checkpointer.awaitSave();
      assertThat(Thread.interrupted()).isTrue();
      assertThat(saved(1)).isEqualTo(1);
      assertThat(saved(2)).isEqualTo(2);
    }
  }

  @Test
  void a_lock_that_is_lost_in_flight_is_told_at_closing_and_nothing_is_renamed() throws Exception {
    Checkpointer checkpointer = savingEverySteps(1);
    storage.hold("sync model.safetensors");
    checkpointer.step(1, Map.of());
    storage.awaitHeld();
    Files.delete(run.resolve(".checkpoint4j.lock"));
    storage.open();
    assertThatThrownBy(checkpointer::close).isInstanceOf(CheckpointLockedException.class);
    checkpointer.close();
    assertThat(run.resolve("checkpoint-1")).doesNotExist();
    try (Checkpointer again = savingEverySteps(1)) {
      assertThat(again.recovery().removed()).containsExactly(".checkpoint-1.tmp-1");
      again.step(1, Map.of());
    }
  }
}
