package io.github.checkpoint4j.store;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The end of a test finds what is not durable, and what was not closed. */
class CrashedAtEndTest {
  @TempDir Path temporary;
  private final CrashedAtEnd disk = new CrashedAtEnd(() -> temporary);

  @Test
  void a_run_that_is_durable_and_closed_ends_well_whatever_else_was_done_to_its_files()
      throws IOException {
    Path run = temporary.resolve("run");
    try (CheckpointStore store = CheckpointStore.open(disk, run)) {
      store.commit(Contents.of(1));
      store.commit(Contents.of(2));
      store.pin(store.commit(Contents.of(3)));
      store.delete(store.list().getFirst());
    }
    Files.delete(run.resolve("checkpoint-2/config.json"));
    Files.writeString(run.resolve("checkpoint-3/notes"), "x");
    Files.move(run, temporary.resolve("moved"));
    CheckpointStore.open(disk, temporary.resolve("moved")).close();
    assertThatCode(disk::end).doesNotThrowAnyException();
  }

  @Test
  void a_commit_that_is_not_durable_is_told() throws IOException {
    Storage forgetful =
        new ForwardingStorage(disk) {
          @Override
          public void syncDirectory(Path directory) throws IOException {
            if (!directory.endsWith("run")) {
              super.syncDirectory(directory);
            }
          }
        };
    try (CheckpointStore store = CheckpointStore.open(forgetful, temporary.resolve("run"))) {
      store.commit(Contents.of(1));
    }
    assertThatThrownBy(disk::end)
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("standing=COMMITTED]] a crash left []");
  }

  @Test
  void a_checkpoint_and_a_store_that_are_left_open_are_told() throws IOException {
    try (CheckpointStore store = CheckpointStore.open(disk, temporary.resolve("run"))) {
      try (Checkpoint checkpoint = store.open(store.commit(Contents.of(1)))) {
        checkpoint.state("model");
        assertThatThrownBy(disk::end)
            .isInstanceOf(AssertionError.class)
            .hasMessageStartingWith("still mapped: ")
            .hasMessageContaining("model.safetensors");
      }
      assertThatThrownBy(disk::end).hasMessage("a run is still locked");
    }
    disk.end();
  }
}
