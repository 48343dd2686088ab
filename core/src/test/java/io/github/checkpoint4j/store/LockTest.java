package io.github.checkpoint4j.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LockTest {
  private static final LockOwner ELSEWHERE =
      new LockOwner("node 7", 4711, Optional.of(Instant.parse("2026-03-01T12:00:00Z")));

  @TempDir Path run;

  @Test
  void a_second_writer_in_this_process_is_refused_by_name() throws IOException {
    try (CheckpointStore store = CheckpointStore.open(run)) {
      store.commit(Contents.of(10));
      assertThatThrownBy(() -> CheckpointStore.open(run))
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
    CheckpointStore.open(run).close();
  }

  @Test
  void a_second_writer_on_another_host_is_refused_and_cannot_be_checked() {
    assertThatThrownBy(() -> CheckpointStore.open(heldBy(ELSEWHERE.toText()), run))
        .isInstanceOf(CheckpointLockedException.class)
        .hasMessage(
            run
                + " is being written by process 4711 on node 7, started 2026-03-01T12:00:00Z, since"
                + " 2026-03-01T12:00:05Z. It is on another host: whether it still runs cannot be seen"
                + " from here. Wait until it ends, or stop it, or use another directory; reading"
                + " needs no lock.");
  }

  @Test
  void a_second_writer_in_another_process_is_refused_by_name() throws Exception {
    Process other = anotherProcess();
    try {
      LockOwner owner = owner(other.toHandle());
      assertThatThrownBy(() -> CheckpointStore.open(heldBy(owner.toText()), run))
          .isInstanceOf(CheckpointLockedException.class)
          .hasMessage(
              "%s is being written by %s, since 2026-03-01T12:00:05Z. Wait until it ends, or stop it,"
                      .formatted(run, owner)
                  + " or use another directory; reading needs no lock.");
    } finally {
      other.destroyForcibly().waitFor();
    }
  }

  @Test
  void a_writer_in_another_process_keeps_out_this_one_until_it_is_killed() throws Exception {
    Process writer =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xshare:auto",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                OtherWriter.class.getName(),
                run.toString())
            .start();
    LockOwner owner = owner(writer.toHandle());
    try {
      assertThat(writer.getInputStream().read()).isEqualTo('.');
      assertThatThrownBy(() -> CheckpointStore.open(run))
          .isInstanceOf(CheckpointLockedException.class)
          .hasMessageStartingWith(
              "%s is being written by process %d on %s, started "
                  .formatted(run, owner.pid(), owner.host()))
          .hasMessageContaining(". Wait until it ends, or stop it, or use another directory;");
    } finally {
      writer.destroyForcibly().waitFor();
    }
    try (CheckpointStore store = CheckpointStore.open(run)) {
      assertThat(store.recovery().staleOwner().orElseThrow())
          .startsWith("process " + owner.pid() + " on ")
          .endsWith(", which has ended");
      assertThat(store.list()).hasSize(1);
    }
  }

  /** Saves, says so, and stays until it is killed. */
  static final class OtherWriter {
    private OtherWriter() {}

    public static void main(String[] arguments) throws IOException {
      CheckpointStore store = CheckpointStore.open(Path.of(arguments[0]));
      store.commit(Contents.of(1));
      System.out.print('.');
      System.out.flush();
      if (System.in.read() >= 0) {
        store.close();
      }
    }
  }

  @Test
  void an_owner_that_has_ended_is_not_taken_for_the_one_that_holds_the_lock() throws Exception {
    LockOwner self = LockOwner.current();
    LockOwner before =
        new LockOwner(
            self.host(), self.pid(), self.started().map(time -> time.minus(Duration.ofDays(1))));
    for (LockOwner owner : List.of(ended(), before)) {
      assertThatThrownBy(() -> CheckpointStore.open(heldBy(owner.toText()), run))
          .isInstanceOf(CheckpointLockedException.class)
          .hasMessageStartingWith(
              "%s is being written by another process than the last one known (%s, which has ended)"
                  .formatted(run, owner));
    }
  }

  @Test
  void a_writer_that_did_not_say_who_it_is_is_refused_too() {
    for (String owner : new String[] {"", "?", "[1]", "{\"host\":\"a\",\"pid\":\"b\"}"}) {
      assertThatThrownBy(() -> CheckpointStore.open(heldBy(owner), run))
          .isInstanceOf(CheckpointLockedException.class)
          .hasMessageStartingWith(run + " is being written by another process, since ");
    }
  }

  private static LockOwner owner(ProcessHandle process) {
    return new LockOwner(LockOwner.current().host(), process.pid(), process.info().startInstant());
  }

  /** A process of this host that is no more. */
  private static LockOwner ended() throws Exception {
    Process other = anotherProcess();
    LockOwner owner = owner(other.toHandle());
    other.destroyForcibly().waitFor();
    return owner;
  }

  /** A process that waits to be ended. */
  private static Process anotherProcess() throws IOException {
    return new ProcessBuilder("cat").start();
  }

  private static Storage heldBy(String owner) {
    return new ForwardingStorage(LocalStorage.instance()) {
      @Override
      public LockAttempt tryLock(Path file, String self) {
        return new LockAttempt.Held(owner, Instant.parse("2026-03-01T12:00:05Z"));
      }
    };
  }

  @Test
  void the_lock_of_a_process_that_was_killed_is_taken_and_told() throws Exception {
    LockOwner dead = ended();
    assertThat(staleAfter(dead.toText())).contains(dead + ", which has ended");
    assertThat(staleAfter("")).isEmpty();
  }

  @Test
  void a_process_that_has_the_id_of_one_that_was_killed_is_told_apart() throws Exception {
    Process other = anotherProcess();
    try {
      LockOwner owner = owner(other.toHandle());
      LockOwner before =
          new LockOwner(
              owner.host(),
              owner.pid(),
              owner.started().map(time -> time.minus(Duration.ofMinutes(1))));
      assertThat(staleAfter(before.toText()))
          .contains(before + ", which has ended; its id is that of another process now");
      assertThat(staleAfter(owner.toText()))
          .contains(owner + ", which still runs, but without the lock: was the directory copied?");
    } finally {
      other.destroyForcibly().waitFor();
    }
  }

  @Test
  void of_a_writer_on_another_host_that_left_its_name_it_is_said_that_it_cannot_be_seen()
      throws IOException {
    assertThat(staleAfter(ELSEWHERE.toText()))
        .contains(ELSEWHERE + "; on another host: whether it still runs cannot be seen from here");
    assertThat(staleAfter("?")).contains("an unknown process");
  }

  /** Whose lock a writer takes over that finds this in the file. */
  private Optional<String> staleAfter(String owner) throws IOException {
    Files.writeString(run.resolve(RunDirectory.LOCK), owner);
    try (CheckpointStore store = CheckpointStore.open(run)) {
      return store.recovery().staleOwner();
    }
  }

  @Test
  void of_many_threads_that_open_at_once_one_gets_the_lock() throws Exception {
    int threads = 8;
    CyclicBarrier together = new CyclicBarrier(threads);
    AtomicInteger opened = new AtomicInteger();
    AtomicInteger refused = new AtomicInteger();
    try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
      List<Future<?>> done = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        done.add(
            pool.submit(
                () -> {
                  together.await();
                  try (CheckpointStore store = CheckpointStore.open(run)) {
                    opened.incrementAndGet();
                    store.commit(Contents.of(7));
                    together.await();
                  } catch (CheckpointLockedException e) {
                    refused.incrementAndGet();
                    together.await();
                  }
                  return null;
                }));
      }
      for (Future<?> future : done) {
        future.get();
      }
    }
    assertThat(opened).hasValue(1);
    assertThat(refused).hasValue(threads - 1);
  }

  @Test
  void a_writer_whose_lock_file_was_deleted_writes_nothing_more() throws IOException {
    Path lock = run.resolve(RunDirectory.LOCK);
    try (CheckpointStore store = CheckpointStore.open(run)) {
      CheckpointInfo first = store.commit(Contents.of(1));
      Files.delete(lock);
      String message =
          lock
              + ": no such file or directory: it was deleted while this writer had it locked, so"
              + " another writer may be at work. Nothing more is written. See that there is no"
              + " other, and open the directory again.";
      assertThatThrownBy(() -> store.commit(Contents.of(2)))
          .isInstanceOf(CheckpointLockedException.class)
          .hasMessage(message);
      assertThatThrownBy(() -> store.delete(first)).hasMessage(message);
      assertThatThrownBy(() -> store.pin(first)).hasMessage(message);
      assertThatThrownBy(() -> store.unpin(first)).hasMessage(message);
      assertThat(store.list()).containsExactly(first);
    }
    CheckpointStore.open(run).close();
  }

  @Test
  void a_writer_whose_lock_file_is_another_writers_by_now_writes_nothing_more() throws Exception {
    Path lock = run.resolve(RunDirectory.LOCK);
    try (CheckpointStore store = CheckpointStore.open(run)) {
      store.commit(Contents.of(1));
      Files.delete(lock);
      assertThat(LocalStorageTest.attemptInAnotherProcess(lock)).isEqualTo("taken after ");
      assertThatThrownBy(() -> store.commit(Contents.of(2)))
          .isInstanceOf(CheckpointLockedException.class)
          .hasMessageStartingWith(lock + ": it was replaced while this writer had it locked");
    }
  }

  @Test
  void a_lock_that_is_lost_during_a_commit_fails_it_and_leaves_all_to_the_other_writer()
      throws IOException {
    Path temporary = run.resolve(".checkpoint-2.tmp-2");
    Storage losing =
        new ForwardingStorage(LocalStorage.instance()) {
          @Override
          void mutation(String operation, Path path) throws IOException {
            if (operation.equals("sync") && path.equals(temporary.resolve(Manifest.FILE))) {
              Files.delete(run.resolve(RunDirectory.LOCK));
            }
          }
        };
    try (CheckpointStore store = CheckpointStore.open(losing, run)) {
      store.commit(Contents.of(1));
      assertThatThrownBy(() -> store.commit(Contents.of(2)))
          .isInstanceOf(CheckpointLockedException.class)
          .hasMessageContaining("it was deleted while this writer had it locked");
      assertThat(temporary).exists();
    }
    try (CheckpointStore store = CheckpointStore.open(run)) {
      assertThat(store.recovery().removed()).containsExactly(".checkpoint-2.tmp-2");
      assertThat(store.list()).extracting(CheckpointInfo::name).containsExactly("checkpoint-1");
    }
  }

  @Test
  void a_lock_that_is_lost_once_the_commit_is_durable_leaves_what_was_replaced_to_the_other_writer()
      throws IOException {
    Storage losing =
        new ForwardingStorage(LocalStorage.instance()) {
          private int renamed;

          @Override
          void mutation(String operation, Path path) throws IOException {
            renamed += path.equals(run.resolve("checkpoint-1")) ? 1 : 0;
            if (renamed == 2 && operation.equals("syncDirectory") && path.equals(run)) {
              Files.deleteIfExists(run.resolve(RunDirectory.LOCK));
            }
          }
        };
    try (CheckpointStore store = CheckpointStore.open(losing, run)) {
      store.commit(Contents.of(1));
      assertThat(store.commit(Contents.of(1, true)).sequence()).isEqualTo(2);
      assertThat(run.resolve(".checkpoint-1.old-2")).exists();
    }
    try (CheckpointStore store = CheckpointStore.open(run)) {
      assertThat(store.recovery().removed()).containsExactly(".checkpoint-1.trash-2");
      assertThat(store.list()).extracting(CheckpointInfo::sequence).containsExactly(2L);
    }
  }

  @Test
  void a_store_that_cannot_be_recovered_does_not_keep_the_lock() throws IOException {
    Files.createDirectory(run.resolve(".checkpoint-1.tmp-1"));
    Storage failing =
        new ForwardingStorage(LocalStorage.instance()) {
          @Override
          void mutation(String operation, Path path) throws IOException {
            if (operation.equals("syncDirectory") && path.equals(run)) {
              throw new IOException("input/output error");
            }
          }
        };
    assertThatThrownBy(() -> CheckpointStore.open(failing, run))
        .hasMessageStartingWith("cannot open " + run + " for writing: input/output error.");
    CheckpointStore.open(run).close();
  }

  @Test
  void an_owner_is_read_back_as_it_was_written() {
    LockOwner self = LockOwner.current();
    assertThat(LockOwner.parse(self.toText())).contains(self);
    LockOwner without = new LockOwner("a \"host\"", 7, Optional.empty());
    assertThat(LockOwner.parse(without.toText())).contains(without);
  }

  @Test
  void a_thread_that_was_interrupted_gives_up_the_lock_as_any_other() throws IOException {
    CheckpointStore store = CheckpointStore.open(run);
    Thread.currentThread().interrupt();
    try {
      store.close();
    } finally {
      assertThat(Thread.interrupted()).as("stays interrupted").isTrue();
    }
    assertThat(run.resolve(".checkpoint4j.lock")).isEmptyFile();
    try (CheckpointStore again = CheckpointStore.open(run)) {
      assertThat(again.recovery().staleOwner()).isEmpty();
    }
  }
}
