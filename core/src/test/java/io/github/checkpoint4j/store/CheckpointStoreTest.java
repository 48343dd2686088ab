package io.github.checkpoint4j.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.format.Json;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

class CheckpointStoreTest {
  @TempDir Path temporary;
  @RegisterExtension final CrashedAtEnd disk = new CrashedAtEnd(() -> temporary);
  private Path run;
  private CheckpointStore store;

  @BeforeEach
  void open() throws IOException {
    run = temporary.resolve("run");
    store = CheckpointStore.open(disk, run);
  }

  @AfterEach
  void close() throws IOException {
    store.close();
    try (Stream<Path> left = Files.list(run)) {
      assertThat(left.map(path -> path.getFileName().toString()))
          .allMatch(name -> name.equals(".checkpoint4j.lock") || !name.startsWith("."));
    }
  }

  @Test
  void a_new_run_has_no_checkpoint() throws IOException {
    assertThat(store.list()).isEmpty();
    assertThat(store.recovery().isEmpty()).isTrue();
  }

  @Test
  void a_commit_is_listed_with_all_that_was_said_of_it() throws IOException {
    CheckpointInfo info = store.commit(Contents.of(500));
    assertThat(store.list()).containsExactly(info);
    assertThat(info.name()).isEqualTo("checkpoint-500");
    assertThat(info.directory()).isEqualTo(run.resolve("checkpoint-500"));
    assertThat(info.step()).isEqualTo(500);
    assertThat(info.epoch()).hasValue(50);
    assertThat(info.metrics()).isEqualTo(Map.of("eval_loss", 1.0 / 501));
    assertThat(info.sequence()).isEqualTo(1);
    assertThat(info.time()).isEqualTo(Contents.TIME.plusSeconds(500));
    assertThat(info.pinned()).isFalse();
    assertThat(info.standing()).isEqualTo(Standing.COMMITTED);
    assertThat(info.objective()).contains(new Objective("eval_loss", false));
    assertThat(info.damage()).isEmpty();
    long size = 0;
    try (Stream<Path> files = Files.list(info.directory())) {
      for (Path file : files.toList()) {
        size += Files.size(file);
      }
    }
    assertThat(info.size()).isEqualTo(size);
  }

  @Test
  void a_commit_comes_back_as_it_was() throws IOException {
    CheckpointInfo info = store.commit(Contents.of(500));
    try (Checkpoint checkpoint = store.open(info)) {
      assertThat(checkpoint.files())
          .containsExactly("config.json", "model.safetensors", "optimizer.pt");
      assertThat(checkpoint.state("model").tensor("layer.weight").toFloats())
          .containsExactly(500, 501, 3, 4);
      assertThat(checkpoint.state("optimizer").integer("step")).isEqualTo(500);
      Manifest manifest = checkpoint.manifest().orElseThrow();
      assertThat(manifest.hyperparameters().real("learning_rate")).isEqualTo(5e-5);
      assertThat(manifest.fingerprint().integer("threads")).isEqualTo(1);
      assertThat(Objects.requireNonNull(manifest.files().get("model.safetensors")).tensors())
          .containsOnlyKeys("layer.weight", "layer.bias");
    }
  }

  @Test
  void the_order_is_that_of_the_commits_whatever_steps_and_file_times_say() throws IOException {
    store.commit(Contents.of(30));
    store.commit(Contents.of(10));
    store.commit(Contents.of(20));
    Files.setLastModifiedTime(
        run.resolve("checkpoint-30"), FileTime.from(Instant.parse("2040-01-01T00:00:00Z")));
    assertThat(names()).containsExactly("checkpoint-30", "checkpoint-10", "checkpoint-20");
    store.delete(store.list().getFirst());
    store.commit(Contents.of(5));
    assertThat(names()).containsExactly("checkpoint-10", "checkpoint-20", "checkpoint-5");
  }

  @Test
  void a_moved_run_is_as_it_was() throws IOException {
    store.commit(Contents.of(10));
    store.commit(Contents.of(5));
    store.close();
    Path moved = temporary.resolve("moved");
    Files.move(run, moved);
    run = moved;
    store = CheckpointStore.open(disk, moved);
    assertThat(names()).containsExactly("checkpoint-10", "checkpoint-5");
    assertThat(Contents.weight(store, store.list().getLast())).isEqualTo(5);
  }

  @Test
  void a_copied_checkpoint_is_whole_wherever_it_is() throws IOException {
    Path original = store.commit(Contents.of(10)).directory();
    Path copy = Files.createDirectory(temporary.resolve("best model"));
    try (Stream<Path> files = Files.list(original)) {
      for (Path file : files.toList()) {
        Files.copy(file, copy.resolve(file.getFileName()));
      }
    }
    try (Checkpoint checkpoint = Checkpoint.open(copy)) {
      assertThat(checkpoint.info().name()).isEqualTo("best model");
      assertThat(checkpoint.info().step()).isEqualTo(10);
      assertThat(checkpoint.info().standing()).isEqualTo(Standing.COMMITTED);
      assertThat(checkpoint.verify().isClean()).isTrue();
    }
  }

  @Test
  void a_step_is_saved_once() throws IOException {
    store.commit(Contents.of(10, false, 1));
    assertThatThrownBy(() -> store.commit(Contents.of(10, false, 2)))
        .isInstanceOf(FileAlreadyExistsException.class)
        .hasMessage(
            run.resolve("checkpoint-10")
                + ": there is a checkpoint of step 10 already. Save with overwrite to replace it,"
                + " or use another directory");
    assertThat(Contents.weight(store, store.list().getFirst())).isEqualTo(1);
  }

  @Test
  void a_step_is_replaced_if_asked() throws IOException {
    store.commit(Contents.of(10, false, 1));
    store.commit(Contents.of(20));
    CheckpointInfo replaced = store.commit(Contents.of(10, true, 2));
    assertThat(replaced.sequence()).isEqualTo(3);
    assertThat(names()).containsExactly("checkpoint-20", "checkpoint-10");
    assertThat(Contents.weight(store, replaced)).isEqualTo(2);
  }

  @Test
  void a_replacement_of_a_pinned_checkpoint_is_pinned() throws IOException {
    store.pin(store.commit(Contents.of(10)));
    CheckpointInfo replaced = store.commit(Contents.of(10, true));
    assertThat(replaced.pinned()).isTrue();
    assertThat(Checkpoint.open(replaced.directory()).verify().isClean()).isTrue();
  }

  @Test
  void a_deleted_checkpoint_is_gone() throws IOException {
    CheckpointInfo info = store.commit(Contents.of(10));
    store.delete(info);
    assertThat(store.list()).isEmpty();
    assertThatThrownBy(() -> store.delete(info))
        .isInstanceOf(NoSuchFileException.class)
        .hasMessage(run.resolve("checkpoint-10") + ": there is no such checkpoint any more");
    assertThatThrownBy(() -> store.open(info)).isInstanceOf(NoSuchFileException.class);
  }

  @Test
  void a_deleted_checkpoint_that_is_open_can_still_be_read() throws IOException {
    CheckpointInfo info = store.commit(Contents.of(10));
    try (Checkpoint checkpoint = store.open(info)) {
      var model = checkpoint.state("model");
      store.delete(info);
      assertThat(model.tensor("layer.bias").toFloats()).containsExactly(10, -1);
    }
  }

  @Test
  void a_checkpoint_of_another_run_is_refused() throws IOException {
    try (CheckpointStore other = CheckpointStore.open(disk, temporary.resolve("other"))) {
      CheckpointInfo info = other.commit(Contents.of(10));
      assertThatThrownBy(() -> store.delete(info))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(info.directory() + " is not a checkpoint in " + run);
      assertThat(other.list()).hasSize(1);
    }
  }

  @Test
  void a_pin_lasts_and_protects() throws IOException {
    CheckpointInfo info = store.pin(store.pin(store.commit(Contents.of(10))));
    assertThat(info.pinned()).isTrue();
    store.close();
    store = CheckpointStore.open(disk, run);
    assertThat(store.list().getFirst().pinned()).isTrue();
    assertThatThrownBy(() -> store.delete(info))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage(info.directory() + " is pinned, and so not deleted. Unpin it first.");
    assertThat(store.unpin(store.unpin(info)).pinned()).isFalse();
    store.delete(info);
    assertThat(store.list()).isEmpty();
  }

  @Test
  void a_reader_needs_no_lock_and_may_not_write() throws IOException {
    CheckpointInfo info = store.commit(Contents.of(10));
    try (CheckpointStore reader = CheckpointStore.readOnly(disk, run)) {
      assertThat(reader.list()).containsExactly(info);
      assertThatThrownBy(() -> reader.delete(info))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage(run + " was opened for reading only");
      assertThatThrownBy(() -> reader.commit(Contents.of(11)))
          .isInstanceOf(IllegalStateException.class);
    }
  }

  @Test
  void a_run_that_is_not_there_cannot_be_read() {
    Path missing = temporary.resolve("missing");
    assertThatThrownBy(() -> CheckpointStore.readOnly(disk, missing))
        .isInstanceOf(NoSuchFileException.class)
        .hasMessage(missing + ": no such file or directory; check the path");
    assertThat(missing).doesNotExist();
  }

  @Test
  void a_file_is_no_run() throws IOException {
    Path file = Files.writeString(temporary.resolve("file"), "x");
    assertThatThrownBy(() -> CheckpointStore.open(disk, file))
        .isInstanceOf(IOException.class)
        .hasMessage(
            "cannot open %s for writing: %s: it is not a directory. Check its path and permissions,"
                    .formatted(file, file)
                + " or use another directory.");
  }

  @Test
  void a_directory_that_may_not_be_written_is_told() {
    Storage locked =
        new ForwardingStorage(LocalStorage.instance()) {
          @Override
          public LockAttempt tryLock(Path file, String owner) throws IOException {
            throw new AccessDeniedException(file.toString());
          }
        };
    assertThatThrownBy(() -> CheckpointStore.open(locked, run))
        .isInstanceOf(IOException.class)
        .hasMessage(
            "cannot open %s for writing: %s: permission denied. Check its path and permissions,"
                    .formatted(run, run.resolve(".checkpoint4j.lock"))
                + " or use another directory.");
  }

  @Test
  void a_parent_that_may_not_be_synced_is_no_hindrance() throws IOException {
    store.close();
    Storage closed =
        new ForwardingStorage(LocalStorage.instance()) {
          @Override
          public void syncDirectory(Path directory) throws IOException {
            if (directory.equals(temporary)) {
              throw new AccessDeniedException(directory.toString());
            }
            super.syncDirectory(directory);
          }
        };
    try (CheckpointStore open = CheckpointStore.open(closed, run)) {
      assertThat(open.commit(Contents.of(1)).standing()).isEqualTo(Standing.COMMITTED);
    }
  }

  @Test
  void a_closed_store_says_so() throws IOException {
    store.close();
    store.close();
    assertThatThrownBy(store::list)
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("the store of " + run + " is closed");
  }

  @Test
  void entries_that_are_not_checkpoints_are_left_alone() throws IOException {
    List<String> directories =
        List.of(
            "checkpoint-",
            "checkpoint-01",
            "checkpoint-1x",
            "checkpoint-99999999999999999999",
            "my-checkpoint-3",
            ".checkpoint-5.tmp-x",
            ".checkpoint-5.tmp-1.bak",
            ".checkpoint-5.temp-1",
            "tmp");
    store.close();
    for (String name : directories) {
      Files.createDirectory(run.resolve(name));
    }
    Files.writeString(run.resolve("checkpoint-8"), "a file");
    Files.writeString(run.resolve(".checkpoint-9.tmp-1"), "a file");
    store = CheckpointStore.open(disk, run);
    store.commit(Contents.of(5));
    assertThat(names()).containsExactly("checkpoint-5");
    for (String name : directories) {
      assertThat(run.resolve(name)).exists();
      Files.delete(run.resolve(name));
    }
    assertThat(run.resolve(".checkpoint-9.tmp-1")).hasContent("a file");
    Files.delete(run.resolve(".checkpoint-9.tmp-1"));
  }

  @Test
  void metrics_that_are_not_finite_come_back() throws IOException {
    CheckpointContent content = Contents.of(10);
    CheckpointInfo info =
        store.commit(
            new CheckpointContent(
                10,
                Double.NaN,
                Map.of(
                    "a", Double.NaN, "b", Double.POSITIVE_INFINITY, "c", Double.NEGATIVE_INFINITY),
                content.files(),
                Contents.NOTHING,
                Contents.NOTHING,
                Contents.TIME,
                false));
    assertThat(info.epoch()).isEmpty();
    assertThat(info.metrics())
        .isEqualTo(
            Map.of("a", Double.NaN, "b", Double.POSITIVE_INFINITY, "c", Double.NEGATIVE_INFINITY));
  }

  @Test
  void content_that_cannot_be_a_checkpoint_is_refused() {
    Map<String, FileContent> files = Map.of("a", FileContent.of("x"));
    assertThatThrownBy(() -> content(-1, 0, files, Contents.NOTHING))
        .hasMessage("step -1 is negative");
    assertThatThrownBy(() -> content(1, -1, files, Contents.NOTHING))
        .hasMessage("epoch -1.0 is negative or infinite");
    assertThatThrownBy(() -> content(1, 0, Map.of(), Contents.NOTHING))
        .hasMessage("a checkpoint needs at least one file");
    assertThatThrownBy(
            () -> content(1, 0, Map.of("manifest.json", FileContent.of("")), Contents.NOTHING))
        .hasMessage("'manifest.json' is written by the store itself");
    assertThatThrownBy(() -> content(1, 0, Map.of("../a", FileContent.of("")), Contents.NOTHING))
        .hasMessage("'../a' cannot name a file of a checkpoint: it has a '/', '\\' or ':'");
    assertThatThrownBy(() -> content(1, 0, files, Json.object().put("rate", Double.NaN).build()))
        .hasMessageStartingWith("the hyperparameters cannot be written as JSON (RFC 8259): ");
  }

  private static CheckpointContent content(
      long step, double epoch, Map<String, FileContent> files, Json.Obj hyperparameters) {
    return new CheckpointContent(
        step, epoch, Map.of(), files, Contents.NOTHING, hyperparameters, Contents.TIME, false);
  }

  private List<String> names() throws IOException {
    return store.list().stream().map(CheckpointInfo::name).toList();
  }
}
