package io.github.checkpoint4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Stateful;
import io.github.checkpoint4j.store.CheckpointInfo;
import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A loop that ends with an exception leaves its last step. */
class SaveOnExceptionTest extends BackgroundFixture {
  /** A failure of the loop's own, checked. */
  private static final class LossException extends Exception {
    private static final long serialVersionUID = 1;

    LossException(String message) {
      super(message);
    }
  }

  private Checkpointer open(long everySteps, boolean background) throws IOException {
    return builder().background(background).save(SaveStrategy.everySteps(everySteps)).open(storage);
  }

  private void train(Checkpointer checkpointer, int from, int to) throws IOException {
    for (int step = from; step <= to; step++) {
      model.fill(step);
      checkpointer.step(step, step / 8.0, Map.of("loss", 1.0 / step));
    }
  }

  @Test
  void the_last_step_is_saved_and_the_exception_is_thrown_on() throws IOException {
    for (boolean background : new boolean[] {false, true}) {
      try (Checkpointer checkpointer = open(4, background)) {
        checkpointer.resume();
        int from = background ? 7 : 1;
        assertThatThrownBy(
                () ->
                    checkpointer.saveOnException(
                        () -> {
                          train(checkpointer, from, from + 5);
                          throw new LossException("NaN");
                        }))
            .isInstanceOf(LossException.class)
            .hasMessage("NaN")
            .hasNoSuppressedExceptions();
        CheckpointInfo last = checkpointer.latest().orElseThrow();
        assertThat(last.step()).isEqualTo(from + 5);
        assertThat(last.epoch()).hasValue((from + 5) / 8.0);
        assertThat(last.metrics()).containsEntry("loss", 1.0 / (from + 5));
        assertThat(saved(from + 5)).isEqualTo(from + 5);
      }
    }
  }

  @Test
  void errors_count_too() throws IOException {
    try (Checkpointer checkpointer = open(4, false)) {
      assertThatThrownBy(
              () ->
                  checkpointer.saveOnException(
                      () -> {
                        train(checkpointer, 1, 5);
                        throw new StackOverflowError("too deep");
                      }))
          .isInstanceOf(StackOverflowError.class);
      assertThat(steps(checkpointer.checkpoints())).containsExactly(4L, 5L);
    }
  }

  @Test
  void a_loop_that_ends_well_is_left_alone() throws IOException {
    try (Checkpointer checkpointer = open(4, false)) {
      checkpointer.saveOnException(() -> train(checkpointer, 1, 5));
      assertThat(steps(checkpointer.checkpoints())).containsExactly(4L);
    }
  }

  @Test
  void a_step_that_has_a_checkpoint_or_gets_one_in_the_background_is_not_saved_again()
      throws Exception {
    for (boolean background : new boolean[] {false, true}) {
      try (Checkpointer checkpointer = open(4, background)) {
        checkpointer.resume();
        int from = background ? 5 : 1;
        assertThatThrownBy(
                () ->
                    checkpointer.saveOnException(
                        () -> {
                          train(checkpointer, from, from + 3);
                          throw new LossException("NaN");
                        }))
            .hasNoSuppressedExceptions();
        assertThat(step(checkpointer.latest())).contains(from + 3L);
      }
    }
    assertThat(storage.operations().stream().filter(FIRST_WRITE::equals)).hasSize(2);
  }

  @Test
  void before_the_first_step_there_is_nothing_to_save() throws IOException {
    try (Checkpointer checkpointer = open(4, false)) {
      train(checkpointer, 1, 4);
    }
    try (Checkpointer checkpointer = open(4, false)) {
      checkpointer.resume();
      assertThatThrownBy(
              () ->
                  checkpointer.saveOnException(
                      () -> {
                        throw new LossException("no data");
                      }))
          .hasNoSuppressedExceptions();
      assertThat(steps(checkpointer.checkpoints())).containsExactly(4L);
    }
  }

  @Test
  void a_step_whose_save_failed_is_tried_again_under_its_own_number() throws IOException {
    try (Checkpointer checkpointer = open(4, false)) {
      storage.fail(FIRST_WRITE);
      assertThatThrownBy(() -> checkpointer.saveOnException(() -> train(checkpointer, 1, 4)))
          .hasMessageStartingWith("could not save checkpoint-4")
          .satisfies(
              e ->
                  assertThat(e.getSuppressed())
                      .singleElement()
                      .satisfies(
                          again ->
                              assertThat(again)
                                  .hasMessageStartingWith("could not save checkpoint-4")));
      storage.heal();
      assertThatThrownBy(
              () ->
                  checkpointer.saveOnException(
                      () -> {
                        throw new LossException("again");
                      }))
          .hasNoSuppressedExceptions();
      assertThat(saved(4)).isEqualTo(4);
    }
  }

  @Test
  void a_save_in_the_background_that_failed_is_made_up_for() throws IOException {
    try (Checkpointer checkpointer = open(4, true)) {
      storage.fail(FIRST_WRITE);
      assertThatThrownBy(
              () ->
                  checkpointer.saveOnException(
                      () -> {
                        train(checkpointer, 1, 4);
                        checkpointer.recovery(); // which waits
                        storage.heal();
                        train(checkpointer, 5, 5);
                      }))
          .hasMessageStartingWith("could not save checkpoint-4")
          .hasNoSuppressedExceptions();
      assertThat(steps(checkpointer.checkpoints())).containsExactly(5L);
      assertThat(saved(5)).isEqualTo(5);
    }
  }

  @Test
  void an_interrupt_that_ended_the_loop_does_not_fail_the_save_and_stays_set() throws IOException {
    try (Checkpointer checkpointer = open(4, false)) {
      assertThatThrownBy(
              () ->
                  checkpointer.saveOnException(
                      () -> {
                        train(checkpointer, 1, 2);
                        Thread.currentThread().interrupt();
                        throw new LossException("stopped");
                      }))
          .hasNoSuppressedExceptions();
      assertThat(Thread.interrupted()).isTrue();
      assertThat(saved(2)).isEqualTo(2);
    }
  }

  @Test
  void the_exception_of_the_loop_is_thrown_on_though_saving_ends_with_the_same()
      throws IOException {
    IllegalStateException same = new IllegalStateException("out of memory on the device");
    Stateful failing =
        new Stateful() {
          @Override
          public StateDict stateDict() {
            throw same;
          }

          @Override
          public void loadStateDict(StateDict state) {}
        };
    try (Checkpointer checkpointer = builder().track("device", failing).open(storage)) {
      assertThatThrownBy(
              () ->
                  checkpointer.saveOnException(
                      () -> {
                        train(checkpointer, 1, 2);
                        throw same;
                      }))
          .isSameAs(same);
    }
  }

  @Test
  void a_step_that_was_saved_before_the_run_went_back_is_saved_again() throws IOException {
    try (Checkpointer checkpointer =
        builder().save(SaveStrategy.everySteps(5)).overwrite(true).open(storage)) {
      train(checkpointer, 1, 10);
      checkpointer.awaitSave();
      checkpointer.resume(run.resolve("checkpoint-5"));
      train(checkpointer, 6, 9);
      assertThatThrownBy(
              () ->
                  checkpointer.saveOnException(
                      () -> {
                        model.fill(99);
                        storage.fail(FIRST_WRITE);
                        assertThatThrownBy(() -> checkpointer.save(10, 0, Map.of()))
                            .isInstanceOf(IOException.class);
                        storage.heal();
                        throw new LossException("NaN");
                      }))
          .isInstanceOf(LossException.class)
          .hasNoSuppressedExceptions();
      assertThat(saved(10)).isEqualTo(99);
    }
  }
}
