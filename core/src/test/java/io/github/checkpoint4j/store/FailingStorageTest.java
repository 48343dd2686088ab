package io.github.checkpoint4j.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.format.FileContent;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A disk that fails, at any operation, once or for good, or that is full. */
class FailingStorageTest {
  @TempDir Path temporary;
  private Path run;

  @BeforeEach
  void commitTwo() throws IOException {
    run = temporary.resolve("run");
    try (CheckpointStore store = CheckpointStore.open(run)) {
      store.commit(Contents.of(10, false, 1));
      store.commit(Contents.of(20, false, 2));
    }
  }

  /** Fails the operation of this number, and those after it if {@code forGood}. */
  private static final class Failing extends ForwardingStorage {
    private final boolean forGood;
    private long until;
    private boolean failed;

    Failing(boolean forGood) {
      super(LocalStorage.instance());
      this.forGood = forGood;
      this.until = Long.MAX_VALUE;
    }

    void failAfter(long operations) {
      until = operations;
      failed = false;
    }

    @Override
    void mutation(String operation, Path path) throws IOException {
      if (until-- == 0 || (failed && forGood)) {
        failed = true;
        throw new IOException("input/output error at " + operation + " " + path.getFileName());
      }
    }
  }

  private interface Action {
    void on(CheckpointStore store) throws IOException;
  }

  /** Tries the action, failing at each operation in turn, until it succeeds. */
  private int everyFailure(boolean forGood, Action action, Action after) throws IOException {
    for (int operations = 0; ; operations++) {
      Path copy = temporary.resolve("copy-" + forGood + "-" + operations);
      copyOf(run, copy);
      Failing storage = new Failing(forGood);
      boolean done = false;
      try (CheckpointStore store = CheckpointStore.open(storage, copy)) {
        storage.failAfter(operations);
        try {
          action.on(store);
          done = !storage.failed;
        } catch (IOException e) {
          assertThat(e).hasMessageContaining("input/output error");
        }
        storage.failAfter(Long.MAX_VALUE);
        if (!forGood) {
          after.on(store);
        }
      }
      try (CheckpointStore store = CheckpointStore.open(copy)) {
        after.on(store);
        for (CheckpointInfo info : store.list()) {
          assertThat(Verification.of(info.directory()).problems()).isEmpty();
        }
        store.commit(Contents.of(40));
        assertThat(hidden(copy)).isEmpty();
      }
      if (done) {
        return operations;
      }
    }
  }

  @Test
  void a_save_that_fails_anywhere_leaves_the_others_and_the_next_save_works() throws IOException {
    for (boolean forGood : List.of(false, true)) {
      int operations =
          everyFailure(
              forGood,
              store -> store.commit(Contents.of(30)),
              store -> {
                assertThat(names(store)).startsWith("checkpoint-10", "checkpoint-20");
                if (!names(store).contains("checkpoint-30")) {
                  store.commit(Contents.of(30));
                }
                assertThat(names(store))
                    .startsWith("checkpoint-10", "checkpoint-20", "checkpoint-30");
              });
      assertThat(operations).isEqualTo(12);
    }
  }

  @Test
  void a_save_that_failed_is_undone_at_once() throws IOException {
    for (int operations = 0; operations < 12; operations++) {
      Failing storage = new Failing(false);
      try (CheckpointStore store = CheckpointStore.open(storage, run)) {
        storage.failAfter(operations);
        assertThatThrownBy(() -> store.commit(Contents.of(30)))
            .isInstanceOf(IOException.class)
            .hasMessageStartingWith(
                "could not save checkpoint-30 in " + run + ": input/output error at ")
            .hasMessageEndingWith(". Earlier checkpoints are untouched.");
        assertThat(names(store)).containsExactly("checkpoint-10", "checkpoint-20");
        assertThat(hidden(run)).isEmpty();
      }
    }
  }

  @Test
  void a_replacement_that_fails_anywhere_leaves_the_old_one_or_the_new_one() throws IOException {
    for (boolean forGood : List.of(false, true)) {
      int operations =
          everyFailure(
              forGood,
              store -> store.commit(Contents.of(20, true, 3)),
              store -> {
                assertThat(names(store)).contains("checkpoint-10", "checkpoint-20");
                CheckpointInfo replaced =
                    store.list().stream().filter(info -> info.step() == 20).findFirst().get();
                assertThat(Contents.weight(store, replaced)).isIn(2f, 3f);
              });
      assertThat(operations).isGreaterThan(14);
    }
  }

  @Test
  void while_a_replacement_is_half_done_the_old_one_is_listed_and_can_be_read() throws IOException {
    Failing storage = new Failing(true);
    try (CheckpointStore store = CheckpointStore.open(storage, run)) {
      storage.failAfter(12);
      assertThatThrownBy(() -> store.commit(Contents.of(20, true, 3)))
          .isInstanceOf(IOException.class);
      assertThat(run.resolve("checkpoint-20")).doesNotExist();
      assertThat(names(store)).containsExactly("checkpoint-10", "checkpoint-20");
      CheckpointInfo old = store.list().getLast();
      assertThat(old.directory().getFileName()).hasToString(".checkpoint-20.old-3");
      assertThat(Contents.weight(store, old)).isEqualTo(2);
    }
    try (CheckpointStore store = CheckpointStore.open(run)) {
      assertThat(store.recovery().restored()).containsExactly("checkpoint-20");
      assertThat(store.recovery().removed()).containsExactly(".checkpoint-20.tmp-3");
      assertThat(store.list().getLast().directory()).isEqualTo(run.resolve("checkpoint-20"));
    }
  }

  @Test
  void a_deletion_that_fails_anywhere_deletes_all_or_nothing() throws IOException {
    for (boolean forGood : List.of(false, true)) {
      int operations =
          everyFailure(
              forGood,
              store -> store.delete(store.list().getFirst()),
              store -> assertThat(names(store)).contains("checkpoint-20"));
      assertThat(operations).isEqualTo(7);
    }
  }

  @Test
  void a_deletion_that_fails_says_of_what() throws IOException {
    Failing storage = new Failing(true);
    try (CheckpointStore store = CheckpointStore.open(storage, run)) {
      storage.failAfter(0);
      assertThatThrownBy(() -> store.delete(store.list().getFirst()))
          .hasMessageStartingWith(
              "could not delete " + run.resolve("checkpoint-10") + ": input/output error at ");
      assertThat(names(store)).containsExactly("checkpoint-10", "checkpoint-20");
    }
  }

  @Test
  void a_full_disk_is_named_with_the_bytes_needed_and_free() throws IOException {
    CheckpointContent content = Contents.of(30);
    Storage full =
        new ForwardingStorage(LocalStorage.instance()) {
          @Override
          public FileChecksums write(Path file, FileContent bytes) throws IOException {
            if (file.endsWith("optimizer.pt")) {
              super.write(file, FileContent.of("half"));
              throw new IOException("No space left on device");
            }
            return super.write(file, bytes);
          }

          @Override
          public long usableSpace(Path directory) {
            return 100;
          }
        };
    try (CheckpointStore store = CheckpointStore.open(full, run)) {
      assertThatThrownBy(() -> store.commit(content))
          .isInstanceOf(IOException.class)
          .hasMessage(
              "could not save checkpoint-30 in %s: no space left. It takes %d bytes, 100 are free."
                      .formatted(run, content.size())
                  + " Make room, or keep fewer checkpoints. Earlier checkpoints are untouched.")
          .hasRootCauseMessage("No space left on device");
      assertThat(names(store)).containsExactly("checkpoint-10", "checkpoint-20");
    }
    assertThat(hidden(run)).isEmpty();
  }

  @Test
  void a_short_write_fails_the_save() throws IOException {
    Storage shortWrites =
        new ForwardingStorage(LocalStorage.instance()) {
          @Override
          public FileChecksums write(Path file, FileContent bytes) throws IOException {
            return super.write(file, file.endsWith("config.json") ? FileContent.of("{") : bytes);
          }
        };
    try (CheckpointStore store = CheckpointStore.open(shortWrites, run)) {
      assertThatThrownBy(() -> store.commit(Contents.of(30)))
          .hasMessageContaining("config.json: 1 bytes were written of 2");
      assertThat(names(store)).containsExactly("checkpoint-10", "checkpoint-20");
    }
  }

  @Test
  void an_interrupt_fails_the_save_as_a_whole_and_stays_set() throws IOException {
    Storage interrupting =
        new ForwardingStorage(LocalStorage.instance()) {
          @Override
          void mutation(String operation, Path path) {
            if (operation.equals("sync") && path.endsWith("model.safetensors")) {
              Thread.currentThread().interrupt();
            }
          }
        };
    try (CheckpointStore store = CheckpointStore.open(interrupting, run)) {
      assertThatThrownBy(() -> store.commit(Contents.of(30)))
          .isInstanceOf(IOException.class)
          .hasMessage(
              "could not save checkpoint-30 in %s: the thread was interrupted. Earlier checkpoints are untouched."
                  .formatted(run))
          .hasCauseInstanceOf(ClosedByInterruptException.class);
      assertThat(Thread.interrupted()).isTrue();
      assertThat(names(store)).containsExactly("checkpoint-10", "checkpoint-20");
      assertThat(hidden(run)).isEmpty();
    }
  }

  private static List<String> names(CheckpointStore store) throws IOException {
    return store.list().stream().map(CheckpointInfo::name).toList();
  }

  private static List<String> hidden(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .map(path -> path.getFileName().toString())
          .filter(name -> name.startsWith(".checkpoint-"))
          .toList();
    }
  }

  private static void copyOf(Path from, Path to) throws IOException {
    try (Stream<Path> paths = Files.walk(from)) {
      for (Path path : paths.toList()) {
        Files.copy(path, to.resolve(from.relativize(path)));
      }
    }
  }

  @Test
  void what_a_save_that_failed_for_its_content_left_is_removed_by_the_next() throws IOException {
    var remaining = new AtomicInteger(1);
    Storage failing =
        new ForwardingStorage(LocalStorage.instance()) {
          @Override
          void mutation(String operation, Path path) throws IOException {
            if (operation.equals("sync") && path.toString().contains("-30.tmp")) {
              throw new IllegalStateException("Already closed");
            }
            if (operation.equals("deleteFile") && remaining.getAndDecrement() > 0) {
              throw new IOException("input/output error");
            }
          }
        };
    try (CheckpointStore store = CheckpointStore.open(failing, run)) {
      assertThatThrownBy(() -> store.commit(Contents.of(30)))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("Already closed");
      assertThat(hidden(run)).hasSize(1);
      store.commit(Contents.of(40));
      assertThat(hidden(run)).isEmpty();
    }
  }

  @Test
  void what_is_left_when_another_program_takes_the_name_is_seen_to_by_the_next()
      throws IOException {
    Storage disturbed =
        new ForwardingStorage(LocalStorage.instance()) {
          @Override
          void mutation(String operation, Path path) throws IOException {
            if (operation.startsWith("rename .checkpoint-20.tmp")) {
              Files.writeString(Files.createDirectory(path).resolve("config.json"), "{}");
            }
          }
        };
    try (CheckpointStore store = CheckpointStore.open(disturbed, run)) {
      assertThatThrownBy(() -> store.commit(Contents.of(20, true)))
          .isInstanceOf(FileAlreadyExistsException.class);
      assertThat(hidden(run)).hasSize(2);
      store.commit(Contents.of(40));
      assertThat(hidden(run)).isEmpty();
    }
  }
}
