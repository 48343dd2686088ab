package io.github.checkpoint4j.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

class LockTest {
  @TempDir Path run;
  @RegisterExtension final CrashedAtEnd disk = new CrashedAtEnd(() -> run);

  @Test
  void a_second_writer_in_this_process_is_refused_by_name() throws IOException {
    try (CheckpointStore store = CheckpointStore.open(disk, run)) {
      store.commit(Contents.of(10));
      assertThatThrownBy(() -> CheckpointStore.open(disk, run))
          .isInstanceOf(CheckpointLockedException.class)
          .hasMessageStartingWith(
              run
                  + " is being written by this process (process "
                  + ProcessHandle.current().pid()
                  + " on ")
          .hasMessageContaining(", since ")
          .hasMessageEndingWith(
              ". Close the store or checkpointer that is open on it, or use another directory;"
                  + " reading needs no lock.");
      store.commit(Contents.of(20));
    }
    CheckpointStore.open(disk, run).close();
  }

  @Test
  void a_second_writer_elsewhere_is_refused_by_name() {
    String other = "{\"host\":\"node7\",\"pid\":4711,\"started\":\"2026-03-01T12:00:00Z\"}";
    assertThatThrownBy(() -> CheckpointStore.open(heldBy(other), run))
        .isInstanceOf(CheckpointLockedException.class)
        .hasMessage(
            run
                + " is being written by process 4711 on node7, started 2026-03-01T12:00:00Z, since"
                + " 2026-03-01T12:00:05Z. Wait until it ends, or stop it, or use another directory;"
                + " reading needs no lock.");
  }

  @Test
  void a_writer_that_did_not_say_who_it_is_is_refused_too() {
    for (String owner : new String[] {"", "?", "[1]", "{\"host\":\"a\",\"pid\":\"b\"}"}) {
      assertThatThrownBy(() -> CheckpointStore.open(heldBy(owner), run))
          .isInstanceOf(CheckpointLockedException.class)
          .hasMessageStartingWith(run + " is being written by another process, since ");
    }
  }

  private Storage heldBy(String owner) {
    return new ForwardingStorage(disk) {
      @Override
      public LockAttempt tryLock(Path file, String self) {
        return new LockAttempt.Held(owner, Instant.parse("2026-03-01T12:00:05Z"));
      }
    };
  }

  @Test
  void the_lock_of_a_process_that_was_killed_is_taken_and_told() throws IOException {
    Files.writeString(
        run.resolve(".checkpoint4j.lock"),
        "{\"host\":\"node7\",\"pid\":4711,\"started\":\"2026-03-01T12:00:00Z\"}\n");
    try (CheckpointStore store = CheckpointStore.open(disk, run)) {
      assertThat(store.recovery().staleOwner())
          .contains("process 4711 on node7, started 2026-03-01T12:00:00Z");
    }
    try (CheckpointStore store = CheckpointStore.open(disk, run)) {
      assertThat(store.recovery().staleOwner()).isEmpty();
    }
  }

  @Test
  void a_store_that_cannot_be_recovered_does_not_keep_the_lock() throws IOException {
    Files.createDirectory(run.resolve(".checkpoint-1.tmp-1"));
    Storage failing =
        new ForwardingStorage(disk) {
          @Override
          void mutation(String operation, Path path) throws IOException {
            if (operation.equals("syncDirectory") && path.equals(run)) {
              throw new IOException("input/output error");
            }
          }
        };
    assertThatThrownBy(() -> CheckpointStore.open(failing, run))
        .hasMessageStartingWith("cannot open " + run + " for writing: input/output error.");
    CheckpointStore.open(disk, run).close();
  }

  @Test
  void an_owner_is_read_back_as_it_was_written() {
    LockOwner self = LockOwner.current();
    assertThat(LockOwner.parse(self.toText())).contains(self);
    LockOwner without = new LockOwner("a \"host\"", 7, Optional.empty());
    assertThat(LockOwner.parse(without.toText())).contains(without);
  }
}
