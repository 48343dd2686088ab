package io.github.checkpoint4j.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The operations on the disk, one by one, are those of FORMAT.md in its order. */
class CommitOrderTest {
  @TempDir Path temporary;
  @RegisterExtension final CrashedAtEnd disk = new CrashedAtEnd(() -> temporary);
  private final List<String> operations = new ArrayList<>();
  private Path run;
  private Storage storage;

  @BeforeEach
  void record() {
    run = temporary.resolve("runs/exp1");
    storage =
        new ForwardingStorage(disk) {
          @Override
          void mutation(String operation, Path path) {
            operations.add(operation + " " + temporary.relativize(path));
          }
        };
  }

  @Test
  void opening_makes_the_directory_durable() throws IOException {
    CheckpointStore.open(storage, run).close();
    assertThat(operations)
        .containsExactly(
            "syncDirectory ..",
            "create runs",
            "syncDirectory ",
            "create runs/exp1",
            "syncDirectory runs",
            "syncDirectory runs/exp1");
  }

  @Test
  void a_commit_syncs_each_file_then_the_manifest_then_the_directory_then_renames_then_syncs()
      throws IOException {
    try (CheckpointStore store = CheckpointStore.open(storage, run)) {
      operations.clear();
      store.commit(Contents.of(500));
    }
    assertThat(operations)
        .containsExactly(
            "create runs/exp1/.checkpoint-500.tmp-1",
            "write runs/exp1/.checkpoint-500.tmp-1/model.safetensors",
            "sync runs/exp1/.checkpoint-500.tmp-1/model.safetensors",
            "write runs/exp1/.checkpoint-500.tmp-1/optimizer.pt",
            "sync runs/exp1/.checkpoint-500.tmp-1/optimizer.pt",
            "write runs/exp1/.checkpoint-500.tmp-1/config.json",
            "sync runs/exp1/.checkpoint-500.tmp-1/config.json",
            "write runs/exp1/.checkpoint-500.tmp-1/manifest.json",
            "sync runs/exp1/.checkpoint-500.tmp-1/manifest.json",
            "syncDirectory runs/exp1/.checkpoint-500.tmp-1",
            "rename .checkpoint-500.tmp-1 to runs/exp1/checkpoint-500",
            "syncDirectory runs/exp1");
  }

  @Test
  void a_replacement_puts_the_old_one_aside_durably_and_removes_it_after_the_commit()
      throws IOException {
    try (CheckpointStore store = CheckpointStore.open(storage, run)) {
      store.commit(Contents.of(500));
      operations.clear();
      store.commit(Contents.of(500, true));
    }
    assertThat(
            operations.subList(
                operations.indexOf("syncDirectory runs/exp1/.checkpoint-500.tmp-2"),
                operations.size()))
        .containsExactly(
            "syncDirectory runs/exp1/.checkpoint-500.tmp-2",
            "rename checkpoint-500 to runs/exp1/.checkpoint-500.old-2",
            "syncDirectory runs/exp1",
            "rename .checkpoint-500.tmp-2 to runs/exp1/checkpoint-500",
            "syncDirectory runs/exp1",
            "rename .checkpoint-500.old-2 to runs/exp1/.checkpoint-500.trash-1",
            "syncDirectory runs/exp1",
            "deleteFile runs/exp1/.checkpoint-500.trash-1/config.json",
            "deleteFile runs/exp1/.checkpoint-500.trash-1/manifest.json",
            "deleteFile runs/exp1/.checkpoint-500.trash-1/model.safetensors",
            "deleteFile runs/exp1/.checkpoint-500.trash-1/optimizer.pt",
            "removeDirectory runs/exp1/.checkpoint-500.trash-1");
  }

  @Test
  void a_deletion_renames_and_syncs_before_it_removes_a_file() throws IOException {
    try (CheckpointStore store = CheckpointStore.open(storage, run)) {
      CheckpointInfo info = store.commit(Contents.of(500));
      operations.clear();
      store.delete(info);
    }
    assertThat(operations)
        .startsWith(
            "rename checkpoint-500 to runs/exp1/.checkpoint-500.trash-1",
            "syncDirectory runs/exp1",
            "deleteFile runs/exp1/.checkpoint-500.trash-1/config.json")
        .endsWith("removeDirectory runs/exp1/.checkpoint-500.trash-1");
  }

  @Test
  void a_pin_is_durable() throws IOException {
    try (CheckpointStore store = CheckpointStore.open(storage, run)) {
      CheckpointInfo info = store.commit(Contents.of(500));
      operations.clear();
      store.unpin(store.pin(info));
    }
    assertThat(operations)
        .containsExactly(
            "write runs/exp1/checkpoint-500/PINNED",
            "sync runs/exp1/checkpoint-500/PINNED",
            "syncDirectory runs/exp1/checkpoint-500",
            "deleteFile runs/exp1/checkpoint-500/PINNED",
            "syncDirectory runs/exp1/checkpoint-500");
  }

  @Test
  void recovery_syncs_the_directory_before_it_removes_a_file() throws IOException {
    Path dead = run.resolve(".checkpoint-7.trash-3");
    Files.createDirectories(dead);
    Files.writeString(dead.resolve("a"), "x");
    CheckpointStore.open(storage, run).close();
    assertThat(operations)
        .containsExactly(
            "syncDirectory runs",
            "syncDirectory runs/exp1",
            "deleteFile runs/exp1/.checkpoint-7.trash-3/a",
            "removeDirectory runs/exp1/.checkpoint-7.trash-3");
  }

  @Test
  void reading_changes_nothing() throws IOException {
    try (CheckpointStore store = CheckpointStore.open(storage, run)) {
      store.commit(Contents.of(500));
    }
    Files.createDirectory(run.resolve(".checkpoint-7.tmp-3"));
    operations.clear();
    try (CheckpointStore store = CheckpointStore.readOnly(storage, run)) {
      CheckpointInfo info = store.list().getFirst();
      try (Checkpoint checkpoint = store.open(info)) {
        assertThat(checkpoint.verify().isClean()).isTrue();
      }
    }
    assertThat(operations).isEmpty();
    assertThat(run.resolve(".checkpoint-7.tmp-3")).exists();
  }
}
