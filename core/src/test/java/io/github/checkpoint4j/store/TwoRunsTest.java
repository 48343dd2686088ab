package io.github.checkpoint4j.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * Two runs in one directory, whose writers take turns: whatever a crash leaves of one, the other
 * has its checkpoints, and recovery of one does not touch the other.
 */
class TwoRunsTest {
  private static final int LIMIT = 60;
  private static final Path ONE = CrashStorage.MOUNT.resolve("runs/one");
  private static final Path TWO = CrashStorage.MOUNT.resolve("runs/two");

  private final CrashStorage disk = new CrashStorage();
  private final Random random = new Random(1);
  private final Set<Long> seen = new HashSet<>();

  @Test
  void writers_beside_each_other_do_not_touch_each_others_checkpoints() throws IOException {
    Script first = new Script().save(1).save(2).delete(1).pin(2).overwrite(2);
    Script second = new Script().save(1).overwrite(1).saveAndKeepLatest(3, 1).save(2).delete(3);
    try (CheckpointStore one = CheckpointStore.open(disk, ONE);
        CheckpointStore two = CheckpointStore.open(disk, TWO)) {
      List<Saved> before = List.of();
      for (int i = 0; i < first.steps().size(); i++) {
        List<Saved> still = before;
        Script.Step mine = first.steps().get(i);
        disk.observe(() -> crash(mine.either(), Set.of(still)));
        mine.perform(one);
        Script.Step theirs = second.steps().get(i);
        disk.observe(() -> crash(Set.of(mine.after()), theirs.either()));
        theirs.perform(two);
        before = theirs.after();
      }
      disk.observe(() -> {});
    }
    assertThat(seen).hasSizeGreaterThan(1000);
  }

  private void crash(Set<List<Saved>> ofOne, Set<List<Saved>> ofTwo) {
    for (CrashState state : disk.crashStates(LIMIT, random)) {
      if (seen.add(Hash.of(state.key(), ofOne.hashCode() * 31L + ofTwo.hashCode()))) {
        check(state.storage(), ofOne, ofTwo, state);
      }
    }
    check(disk.kill(), ofOne, ofTwo, disk.operations());
  }

  /** Recovers one run, and then the other. */
  private static void check(
      CrashStorage left, Set<List<Saved>> ofOne, Set<List<Saved>> ofTwo, Object what) {
    try {
      long two = left.bestCrash().keyBelow("/runs/two/");
      try (CheckpointStore store = CheckpointStore.open(left, ONE)) {
        assertThat(Saved.in(store)).isIn(ofOne);
        store.commit(new Saved(7, 0, false).content(false));
      }
      assertThat(left.bestCrash().keyBelow("/runs/two/")).isEqualTo(two);
      try (CheckpointStore store = CheckpointStore.open(left, TWO)) {
        assertThat(Saved.in(store)).isIn(ofTwo);
      }
    } catch (NoSuchFileException e) {
      throw new AssertionError("a run is missing: " + what, e);
    } catch (IOException | AssertionError e) {
      throw new AssertionError(e.getMessage() + "\n" + what, e);
    }
  }

  /** Why there is a lock: the second writer takes the save of the first for a dead one. */
  @Test
  void without_the_lock_a_second_writer_of_a_run_removes_what_the_first_is_writing()
      throws IOException {
    Storage unlocked =
        new ForwardingStorage(disk) {
          @Override
          public LockAttempt tryLock(Path file, String owner) {
            Lock none =
                new Lock() {
                  @Override
                  public boolean isHeld() {
                    return true;
                  }

                  @Override
                  public void close() {}
                };
            return new LockAttempt.Taken(none, "");
          }
        };
    try (CheckpointStore first = CheckpointStore.open(unlocked, ONE)) {
      boolean[] opened = {false};
      disk.observe(
          () -> {
            if (!opened[0] && disk.operations().getLast().contains("write ")) {
              opened[0] = true;
              openAndClose(unlocked);
            }
          });
      assertThatThrownBy(() -> first.commit(new Saved(1, 0, false).content(false)))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("no such file or directory");
    }
  }

  private static void openAndClose(Storage storage) {
    try {
      CheckpointStore.open(storage, ONE).close();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
