package io.github.checkpoint4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.store.Checkpoint;
import io.github.checkpoint4j.store.CheckpointInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** What is seen of a save that goes on while the loop does, and what waits for it. */
class BackgroundSaveTest extends BackgroundFixture {
  @Test
  void a_step_returns_while_its_save_goes_on_and_what_changes_then_is_not_in_it() throws Exception {
    try (Checkpointer checkpointer = savingEverySteps(1)) {
      storage.hold(FIRST_WRITE);
      model.fill(1);
      assertThat(tell(checkpointer, 1)).isEmpty();
      storage.awaitHeld();
      model.fill(2);
      assertThat(checkpointer.pollSave()).isEmpty();
      storage.open();
      assertThat(step(checkpointer.awaitSave())).contains(1L);
      assertThat(saved(1)).isEqualTo(1);
    }
  }

  @Test
  void other_files_are_those_of_the_call() throws Exception {
    AtomicLong number = new AtomicLong(7);
    try (Checkpointer checkpointer =
        builder()
            .file("number.json", () -> FileContent.of(String.valueOf(number.get())))
            .open(storage)) {
      storage.hold(FIRST_WRITE);
      checkpointer.saveInBackground(1, 0, Map.of());
      storage.awaitHeld();
      number.set(8);
      storage.open();
      checkpointer.awaitSave();
      assertThat(run.resolve("checkpoint-1/number.json")).hasContent("7");
    }
  }

  @Test
  void the_latest_and_the_best_are_of_those_that_are_durable() throws Exception {
    try (Checkpointer checkpointer =
        builder().best("eval_loss", Direction.MINIMIZE).open(storage)) {
      checkpointer.save(1, 0, Map.of("eval_loss", 1.0));
      List<String> operations = List.of(FIRST_WRITE, "sync manifest.json", ACKNOWLEDGE);
      for (long before = 1; before <= operations.size(); before++) {
        storage.hold(operations.get((int) before - 1));
        checkpointer.saveInBackground(before + 1, 0, Map.of("eval_loss", 1.0 / (before + 1)));
        storage.awaitHeld();
        assertThat(step(checkpointer.latest())).contains(before);
        assertThat(step(checkpointer.best())).contains(before);
        assertThat(checkpointer.checkpoints()).hasSize((int) before);
        storage.open();
        assertThat(step(checkpointer.awaitSave())).contains(before + 1);
        assertThat(step(checkpointer.latest())).contains(before + 1);
        assertThat(step(checkpointer.best())).contains(before + 1);
      }
    }
  }

  @Test
  void nothing_is_deleted_before_the_new_checkpoint_is_durable() throws Exception {
    try (Checkpointer checkpointer = builder().keep(RetentionPolicy.latest(1)).open(storage)) {
      checkpointer.save(1, 0, Map.of());
      storage.hold(ACKNOWLEDGE);
      checkpointer.saveInBackground(2, 0, Map.of());
      storage.awaitHeld();
      assertThat(run.resolve("checkpoint-2")).isDirectory();
      assertThat(run.resolve("checkpoint-1")).isDirectory();
      assertThat(storage.operations()).noneMatch(operation -> operation.contains("trash"));
      storage.open();
      checkpointer.awaitSave();
      assertThat(run.resolve("checkpoint-1")).doesNotExist();
    }
  }

  @Test
  void a_checkpoint_that_is_being_deleted_is_not_shown_any_more() throws Exception {
    try (Checkpointer checkpointer = builder().keep(RetentionPolicy.latest(1)).open(storage)) {
      checkpointer.save(1, 0, Map.of());
      storage.hold("rename checkpoint-1 to .checkpoint-1.trash-1");
      checkpointer.saveInBackground(2, 0, Map.of());
      storage.awaitHeld();
      assertThat(steps(checkpointer.checkpoints())).containsExactly(2L);
      storage.open();
    }
  }

  @Test
  void a_second_save_waits_for_the_first() throws Exception {
    try (Checkpointer checkpointer = savingEverySteps(1)) {
      storage.hold(ACKNOWLEDGE);
      model.fill(1);
      checkpointer.step(1, Map.of());
      storage.awaitHeld();
      openWhenThisThreadWaits();
      model.fill(2);
      assertThat(tell(checkpointer, 2)).contains(1L);
      assertThat(step(checkpointer.awaitSave())).contains(2L);
    }
    List<String> operations = storage.operations();
    assertThat(operations)
        .containsSubsequence(
            "rename .checkpoint-1.tmp-1 to checkpoint-1",
            ACKNOWLEDGE,
            "create .checkpoint-2.tmp-2",
            "rename .checkpoint-2.tmp-2 to checkpoint-2");
    assertThat(saved(1)).isEqualTo(1);
    assertThat(saved(2)).isEqualTo(2);
  }

  @Test
  void a_save_that_is_not_in_the_background_waits_and_is_durable_when_it_returns()
      throws Exception {
    try (Checkpointer checkpointer = savingEverySteps(1)) {
      storage.hold(ACKNOWLEDGE);
      checkpointer.step(1, Map.of());
      storage.awaitHeld();
      openWhenThisThreadWaits();
      model.fill(5);
      assertThat(checkpointer.save(2, 0, Map.of()).step()).isEqualTo(2);
      assertThat(saved(2)).isEqualTo(5);
      assertThat(steps(checkpointer.checkpoints())).containsExactly(1L, 2L);
      assertThat(step(checkpointer.pollSave())).contains(1L);
    }
  }

  @Test
  void each_checkpoint_is_told_once() throws Exception {
    try (Checkpointer checkpointer = savingEverySteps(2)) {
      assertThat(tell(checkpointer, 1)).isEmpty();
      assertThat(tell(checkpointer, 2)).isEmpty();
      checkpointer.open(latestIs(checkpointer, 2)).close();
      assertThat(tell(checkpointer, 3)).contains(2L);
      assertThat(tell(checkpointer, 4)).isEmpty();
      assertThat(checkpointer.save(5, 0, Map.of()).step()).isEqualTo(5);
      assertThat(tell(checkpointer, 6)).contains(4L);
      assertThat(step(checkpointer.saveInBackground(7, 0, Map.of()))).contains(6L);
      assertThat(step(checkpointer.awaitSave())).contains(7L);
      assertThat(checkpointer.awaitSave()).isEmpty();
      assertThat(checkpointer.pollSave()).isEmpty();
      assertThat(tell(checkpointer, 9)).isEmpty();
    }
  }

  /** Waits until this is the latest. */
  private static CheckpointInfo latestIs(Checkpointer checkpointer, long step) throws IOException {
    while (!step(checkpointer.latest()).equals(Optional.of(step))) {
      Thread.onSpinWait();
    }
    return checkpointer.latest().orElseThrow();
  }

  @Test
  void what_needs_the_directory_waits_for_the_save() throws Exception {
    try (Checkpointer checkpointer = savingEverySteps(1)) {
      CheckpointInfo first = checkpointer.save(1, 0, Map.of());
      storage.hold(ACKNOWLEDGE);
      checkpointer.step(2, Map.of());
      storage.awaitHeld();
      openWhenThisThreadWaits();
      assertThat(checkpointer.pin(first).pinned()).isTrue();
      assertThat(storage.operations())
          .containsSubsequence("rename .checkpoint-2.tmp-2 to checkpoint-2", "write PINNED");

      storage.hold(FIRST_WRITE);
      checkpointer.step(3, Map.of());
      storage.awaitHeld();
      assertThat(checkpointer.checkpoints().getFirst().pinned()).isTrue();
      openWhenThisThreadWaits();
      try (Checkpoint opened = checkpointer.open(first)) {
        assertThat(opened.info().step()).isEqualTo(1);
      }
      assertThat(steps(checkpointer.checkpoints())).containsExactly(1L, 2L, 3L);
    }
  }

  @Test
  void a_resume_finds_the_save_in_flight() throws Exception {
    try (Checkpointer checkpointer = savingEverySteps(1)) {
      model.fill(3);
      storage.hold(FIRST_WRITE);
      checkpointer.step(1, Map.of());
      storage.awaitHeld();
      model.fill(4);
      openWhenThisThreadWaits();
      assertThat(step(checkpointer.resume())).contains(1L);
      assertThat(model.value()).isEqualTo(3);
      assertThat(checkpointer.recovery().removed()).isEmpty();
    }
  }

  @Test
  void strategies_count_the_save_in_flight() throws Exception {
    try (Checkpointer checkpointer =
        builder().save(SaveStrategy.every(Duration.ofSeconds(10))).open(storage)) {
      seconds.set(10);
      storage.hold(FIRST_WRITE);
      checkpointer.step(1, Map.of());
      storage.awaitHeld();
      seconds.set(19);
      assertThat(tell(checkpointer, 2)).isEmpty();
      storage.open();
      seconds.set(20);
      assertThat(tell(checkpointer, 3)).contains(1L);
      checkpointer.awaitSave();
      assertThat(steps(checkpointer.checkpoints())).containsExactly(1L, 3L);
    }
  }

  @Test
  void a_checkpoint_can_be_replaced_and_the_old_one_is_shown_until_then() throws Exception {
    try (Checkpointer checkpointer = builder().overwrite(true).open(storage)) {
      model.fill(1);
      checkpointer.save(5, 0, Map.of());
      model.fill(2);
      storage.hold("rename .checkpoint-5.tmp-2 to checkpoint-5");
      checkpointer.saveInBackground(5, 0, Map.of());
      storage.awaitHeld();
      assertThat(checkpointer.latest().orElseThrow().sequence()).isEqualTo(1);
      storage.open();
      checkpointer.awaitSave();
      assertThat(checkpointer.latest().orElseThrow().sequence()).isEqualTo(2);
      assertThat(saved(5)).isEqualTo(2);
    }
  }

  @Test
  void a_save_has_one_thread_that_is_no_daemon_and_ends_with_it() throws Exception {
    CompletableFuture<Void> done = new CompletableFuture<>();
    Thread.ofPlatform()
        .daemon()
        .start(
            () -> {
              try (Checkpointer checkpointer = savingEverySteps(1)) {
                checkpointer.step(1, Map.of());
                checkpointer.awaitSave();
                done.complete(null);
              } catch (IOException | RuntimeException e) {
                done.completeExceptionally(e);
              }
            });
    done.join();
    int write = storage.operations().indexOf(FIRST_WRITE);
    Thread saver = storage.threads().get(write);
    assertThat(saver.getName()).isEqualTo("checkpoint saver");
    assertThat(saver.isDaemon()).isFalse();
    saver.join();
    int acknowledged = storage.operations().lastIndexOf(ACKNOWLEDGE);
    assertThat(storage.threads().subList(write, acknowledged + 1)).containsOnly(saver);
  }

  @Test
  void closing_waits_for_the_save() throws Exception {
    try (Checkpointer checkpointer = savingEverySteps(1)) {
      model.fill(1);
      storage.hold(FIRST_WRITE);
      checkpointer.step(1, Map.of());
      storage.awaitHeld();
      openWhenThisThreadWaits();
    }
    assertThat(saved(1)).isEqualTo(1);
    assertThat(Files.size(run.resolve(".checkpoint4j.lock"))).isZero();
  }

  @Test
  void after_closing_nothing_is_saved() throws Exception {
    Checkpointer checkpointer = savingEverySteps(1);
    checkpointer.close();
    assertThatThrownBy(() -> checkpointer.step(1, Map.of()))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("the checkpointer of " + run + " is closed; open another");
    assertThatThrownBy(() -> checkpointer.save(1, 0, Map.of()))
        .isInstanceOf(IllegalStateException.class);
  }
}
