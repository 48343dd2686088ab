package io.github.checkpoint4j.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongFunction;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A disk that fails in any call, also in one that only looks; crashes and kills after that; and a
 * directory that vanishes.
 */
class FaultyDiskTest {
  private static final long SEED = 1;
  private static final int LIMIT = 20;

  /** More than any of the steps makes. */
  private static final int CALLS = 80;

  private static final Script SAVE = new Script().save(1).save(2).save(3);
  private static final Script SHARED = new Script().save(100).save(101);
  private static final Script OVERWRITE = new Script().save(1).pin(1).save(2).overwrite(1);

  private static final AtomicLong FAULTS = new AtomicLong();
  private static final AtomicLong FAILURES = new AtomicLong();

  @AfterAll
  static void report() {
    System.out.printf(
        "faults: %d injected, %d steps and recoveries failed by them and made up for%n",
        FAULTS.get(), FAILURES.get());
  }

  static List<Script> scripts() {
    return List.of(
        SAVE,
        OVERWRITE,
        SHARED,
        new Script().save(1).save(2).delete(1),
        new Script().save(1).save(2).saveAndKeepLatest(3, 1),
        new Script().save(1).pin(1),
        new Script().save(1).pin(1).unpin(1));
  }

  @ParameterizedTest
  @MethodSource("scripts")
  void an_error_in_any_call_fails_the_step_as_a_whole(Script script) throws IOException {
    assertThat(failures(script, Fault.Broken::new)).isGreaterThan(10);
  }

  @ParameterizedTest
  @MethodSource("scripts")
  void a_device_that_dies_in_any_call_leaves_all_or_nothing_of_the_step(Script script)
      throws IOException {
    assertThat(failures(script, Fault.Dead::new)).isGreaterThan(10);
  }

  @Test
  void a_short_write_of_any_file_fails_the_save() throws IOException {
    assertThat(failures(SAVE, Fault.ShortWrite::new)).isEqualTo(3);
    assertThat(failures(SHARED, Fault.ShortWrite::new)).as("files not shared").isEqualTo(3);
    assertThat(failures(OVERWRITE, Fault.ShortWrite::new)).isEqualTo(4);
  }

  /** Runs the script with a fault in every call of its last step. */
  private static int failures(Script script, LongFunction<Fault> fault) throws IOException {
    Exploration exploration = new Exploration(disk -> disk, SEED, LIMIT);
    int failures = 0;
    for (long call = 1; call <= CALLS; call++) {
      Optional<IOException> failure = exploration.explore(script, fault.apply(call));
      failures += failure.isPresent() ? 1 : 0;
    }
    FAULTS.addAndGet(CALLS);
    FAILURES.addAndGet(failures);
    return failures;
  }

  @Test
  void a_recovery_that_fails_in_any_call_is_made_up_for_by_the_next() throws IOException {
    assertThat(failedRecoveries(Fault.Broken::new)).isGreaterThan(100);
  }

  @Test
  void a_recovery_on_a_device_that_dies_is_made_up_for_on_one_that_works() throws IOException {
    assertThat(failedRecoveries(Fault.Dead::new)).isGreaterThan(100);
  }

  /** Kills a writer after each of its operations, and lets the next one's recovery fail. */
  private static int failedRecoveries(LongFunction<Fault> fault) throws IOException {
    CrashStorage disk = new CrashStorage();
    int[] failures = {0};
    try (CheckpointStore store = CheckpointStore.open(disk, Exploration.RUN)) {
      for (Script.Step step : OVERWRITE.steps()) {
        disk.observe(() -> failures[0] += failedRecoveries(disk, step, fault));
        step.perform(store);
      }
      disk.observe(() -> {});
    }
    FAILURES.addAndGet(failures[0]);
    return failures[0];
  }

  private static int failedRecoveries(
      CrashStorage disk, Script.Step step, LongFunction<Fault> fault) {
    int failures = 0;
    for (long call = 1; call <= CALLS; call++) {
      CrashStorage killed = disk.kill();
      killed.inject(fault.apply(call));
      try {
        CheckpointStore.open(killed, Exploration.RUN).close();
      } catch (IOException e) {
        failures++;
        assertThat(e).hasMessageStartingWith("cannot open " + Exploration.RUN + " for writing: ");
      }
      killed.heal();
      assertThat(killed.locked()).isFalse();
      try (CheckpointStore store = CheckpointStore.open(killed, Exploration.RUN)) {
        assertThat(Saved.in(store)).isIn(step.either());
        assertThat(store.recovery().left()).isEmpty();
      } catch (IOException e) {
        throw new AssertionError("recovery after a failure in call " + call, e);
      }
    }
    FAULTS.addAndGet(CALLS);
    return failures;
  }

  @Test
  void on_a_disk_that_is_read_only_a_save_fails_and_all_can_be_read() throws IOException {
    CrashStorage disk = new CrashStorage();
    try (CheckpointStore store = CheckpointStore.open(disk, Exploration.RUN)) {
      store.commit(new Saved(1, 0, false).content(false));
      disk.inject(new Fault.ReadOnly());
      assertThatThrownBy(() -> store.commit(new Saved(2, 0, false).content(false)))
          .isInstanceOf(IOException.class)
          .hasMessageStartingWith("could not save checkpoint-2 in " + Exploration.RUN)
          .hasMessageContaining("Read-only file system")
          .hasMessageEndingWith("Earlier checkpoints are untouched.");
      assertThat(Saved.in(store)).hasSize(1);
      disk.heal();
      store.commit(new Saved(2, 0, false).content(false));
      assertThat(Saved.in(store)).hasSize(2);
    }
    disk.inject(new Fault.ReadOnly());
    assertThatThrownBy(() -> CheckpointStore.open(disk, Exploration.RUN))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("cannot open " + Exploration.RUN + " for writing: ")
        .hasMessageContaining("Read-only file system");
    try (CheckpointStore store = CheckpointStore.readOnly(disk, Exploration.RUN)) {
      assertThat(Saved.in(store)).hasSize(2);
    }
  }

  @Test
  void when_the_run_vanishes_the_save_fails_and_a_store_opened_anew_saves() throws IOException {
    int failures = 0;
    for (long call = 1; call <= CALLS; call++) {
      CrashStorage disk = new CrashStorage();
      try (CheckpointStore store = CheckpointStore.open(disk, Exploration.RUN)) {
        store.commit(new Saved(1, 0, false).content(false));
        disk.inject(new Fault.Vanished(call, Exploration.RUN));
        store.commit(new Saved(2, 0, false).content(false));
      } catch (IOException e) {
        failures++;
        assertThat(e)
            .hasMessageStartingWith("could not save checkpoint-2 in " + Exploration.RUN)
            .hasMessageContaining("no such file or directory");
      }
      disk.heal();
      if (disk.find(Exploration.RUN).isEmpty()) {
        try (CheckpointStore store = CheckpointStore.open(disk, Exploration.RUN)) {
          store.commit(new Saved(3, 0, false).content(false));
          assertThat(Saved.in(store)).extracting(Saved::step).containsExactly(3L);
        }
      }
    }
    assertThat(failures).isGreaterThan(10);
  }

  @Test
  void when_a_directory_in_the_run_vanishes_the_others_stay_and_the_next_save_works()
      throws IOException {
    Path temporary =
        Exploration.RUN.resolve(new CheckpointName(2, CheckpointName.Role.TEMPORARY, 2).toString());
    for (Path vanishing : List.of(temporary, Exploration.RUN.resolve("checkpoint-1"))) {
      int failures = 0;
      for (long call = 1; call <= CALLS; call++) {
        CrashStorage disk = new CrashStorage();
        try (CheckpointStore store = CheckpointStore.open(disk, Exploration.RUN)) {
          store.commit(new Saved(1, 0, false).content(false));
          disk.inject(new Fault.Vanished(call, vanishing));
          boolean saved = true;
          try {
            store.commit(new Saved(2, 0, false).content(false));
          } catch (IOException e) {
            saved = false;
            failures++;
            assertThat(e).hasMessageStartingWith("could not save checkpoint-2 in ");
          }
          disk.heal();
          if (!saved) {
            store.commit(new Saved(2, 0, false).content(false));
          }
          assertThat(Saved.in(store))
              .extracting(Saved::step)
              .endsWith(2L)
              .hasSize(disk.find(Exploration.RUN.resolve("checkpoint-1")).isPresent() ? 2 : 1);
        }
      }
      assertThat(failures > 0)
          .as("fails without %s", vanishing)
          .isEqualTo(vanishing.equals(temporary));
    }
  }
}
