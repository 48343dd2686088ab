package io.github.checkpoint4j.store;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Runs scripts on a {@link CrashStorage} and lets the machine crash, and the process be killed,
 * after every operation. Whatever is left, a store that opens it has the checkpoints from before or
 * after the step in flight, each clean, and nothing hidden, and can save; and what it saved
 * survives the next crash. Recovery itself is interrupted by crashes and kills the same way.
 */
final class Exploration {
  static final Path RUN = CrashStorage.MOUNT.resolve("runs").resolve("exp");

  /** How often in a row a recovery is interrupted. */
  private static final int DEPTH = 2;

  /** How many states to look at after each operation of a recovery. */
  private static final int IN_RECOVERY = 8;

  /** How many states to look at after one operation of a script: few operations have more. */
  private static final int LIMIT = 1000;

  /** Scripts take their steps from below. */
  private static final long AFTERWARDS = 1000;

  private final Function<CrashStorage, Storage> protocol;
  private final Random random;
  private final int limit;
  private final Set<Long> seen = new HashSet<>();
  private final Set<Long> interrupted = new HashSet<>();
  private final Set<Long> killed = new HashSet<>();
  private final Set<Long> settled = new HashSet<>();
  private boolean failed;

  Exploration(Function<CrashStorage, Storage> protocol, long seed) {
    this(protocol, seed, LIMIT);
  }

  /**
   * @param protocol how the store gets at a disk; other than as it is to break the protocol
   * @param limit how many states to look at after each operation of a script
   */
  Exploration(Function<CrashStorage, Storage> protocol, long seed, int limit) {
    this.protocol = protocol;
    this.random = new Random(seed);
    this.limit = limit;
  }

  /** The states looked at that a crash left, each with what may be in it. */
  Set<Long> states() {
    return Collections.unmodifiableSet(seen);
  }

  /** The states looked at that a kill left, each with what may be in it. */
  Set<Long> kills() {
    return Collections.unmodifiableSet(killed);
  }

  /**
   * Runs a script.
   *
   * @throws AssertionError if a checkpoint is lost, damaged or too many in any state; it says in
   *     which
   */
  void explore(Script script) throws IOException {
    CrashStorage disk = new CrashStorage();
    crash(disk, Set.of(List.of()), 0);
    disk.observe(() -> crash(disk, Set.of(List.of()), 0));
    CheckpointStore store = CheckpointStore.open(protocol.apply(disk), RUN);
    for (Script.Step step : script.steps()) {
      interrupt(disk, step.either());
      if (step.reopens()) {
        store.close();
        store = CheckpointStore.open(protocol.apply(disk), RUN);
      }
      step.perform(store);
      require(Saved.in(store), Set.of(step.after()));
      crash(disk, Set.of(step.after()), 0);
      kill(disk, Set.of(step.after()), 0);
    }
    disk.observe(() -> {});
    store.close();
    require(disk.openMaps().isEmpty(), "open maps: " + disk.openMaps());
    require(!disk.locked(), "a lock is held");
  }

  /**
   * Runs a script whose last step meets a fault, and lets crashes and kills come in that step and
   * after it. Then the disk is as good as before, and the store that met the fault saves.
   *
   * @return why the step failed, if it did
   * @throws AssertionError as {@link #explore(Script)}, and if a save that failed for once was not
   *     taken back
   */
  Optional<IOException> explore(Script script, Fault fault) throws IOException {
    CrashStorage disk = new CrashStorage();
    try (CheckpointStore store = CheckpointStore.open(protocol.apply(disk), RUN)) {
      List<Script.Step> steps = script.steps();
      for (Script.Step step : steps.subList(0, steps.size() - 1)) {
        step.perform(store);
      }
      Script.Step last = steps.getLast();
      interrupt(disk, last.either());
      disk.inject(fault);
      Optional<IOException> failure = Optional.empty();
      try {
        last.perform(store);
      } catch (IOException e) {
        failure = Optional.of(e);
      }
      disk.heal();
      disk.observe(() -> {});
      Set<List<Saved>> left = failure.isEmpty() ? Set.of(last.after()) : last.failed(fault);
      List<Saved> found = Saved.in(store);
      require(found, left);
      crash(disk, left, 0);
      kill(disk, left, 0);
      saveAgain(disk, store, found, left);
      return failure;
    }
  }

  private void interrupt(CrashStorage disk, Set<List<Saved>> allowed) {
    disk.observe(
        () -> {
          crash(disk, allowed, 0);
          kill(disk, allowed, 0);
        });
  }

  private void crash(CrashStorage disk, Set<List<Saved>> allowed, int depth) {
    if (failed) {
      return;
    }
    long expected = allowed.hashCode();
    for (CrashState state : disk.crashStates(depth == 0 ? limit : IN_RECOVERY, random)) {
      boolean unseen = seen.add(Hash.of(state.key(), expected));
      // Names without contents: recovery does the same whatever is in the files.
      boolean deeper =
          depth < DEPTH && interrupted.add(Hash.of(Hash.of(state.shape(), expected), depth));
      if (unseen || deeper) {
        describing(state, allowed, () -> check(state.storage(), allowed, depth, deeper));
      }
    }
  }

  private void kill(CrashStorage disk, Set<List<Saved>> allowed, int depth) {
    if (failed) {
      return;
    }
    long left = Hash.of(disk.bestCrash().key(), disk.worstCrash().key());
    if (!killed.add(Hash.of(Hash.of(left, allowed.hashCode()), depth))) {
      return;
    }
    CrashStorage after = disk.kill();
    describing(disk.operations(), allowed, () -> check(after, allowed, depth, depth < DEPTH));
  }

  /** Something that may find a checkpoint lost. */
  @FunctionalInterface
  private interface Check {
    void run() throws IOException;
  }

  private void describing(Object what, Set<List<Saved>> allowed, Check check) {
    try {
      check.run();
    } catch (IOException | RuntimeException | AssertionError e) {
      failed = true;
      throw new AssertionError(e.getMessage() + "\nallowed: " + allowed + "\n" + what, e);
    }
  }

  private void check(CrashStorage disk, Set<List<Saved>> allowed, int depth, boolean deeper)
      throws IOException {
    List<Saved> read = readOnly(disk, Saved::listed);
    require(read, allowed);
    if (deeper) {
      disk.observe(
          () -> {
            crash(disk, allowed, depth + 1);
            if (depth == 0) {
              kill(disk, allowed, DEPTH);
            }
          });
    }
    CheckpointStore.open(protocol.apply(disk), RUN).close();
    disk.observe(() -> {});
    requireNothingHidden(disk, read.size());
    Set<List<Saved>> recovered = alike(read, allowed);
    // What is in hidden directories that a crash could bring back is of no account for a save.
    long outcome = Hash.of(disk.bestCrash().key(), disk.worstCrash().visibleKey());
    boolean crashing = deeper && depth == 0;
    if (settled.add(Hash.of(Hash.of(outcome, recovered.hashCode()), crashing ? 1 : 0))) {
      saveAgain(disk, read, recovered, crashing);
    }
  }

  private void saveAgain(
      CrashStorage disk, List<Saved> read, Set<List<Saved>> recovered, boolean crashing)
      throws IOException {
    try (CheckpointStore store = CheckpointStore.open(protocol.apply(disk), RUN)) {
      require(Saved.in(store), Set.of(read));
      if (crashing) {
        Set<List<Saved>> saving = new LinkedHashSet<>(recovered);
        saving.addAll(with(next(read), recovered));
        disk.observe(() -> crash(disk, saving, DEPTH));
      }
      saveAgain(disk, store, read, recovered);
    }
    require(disk.openMaps().isEmpty(), "open maps: " + disk.openMaps());
  }

  private static void saveAgain(
      CrashStorage disk, CheckpointStore store, List<Saved> read, Set<List<Saved>> before)
      throws IOException {
    Set<List<Saved>> after = with(next(read), before);
    store.commit(next(read).content(false));
    disk.observe(() -> {});
    List<Saved> found = Saved.in(store);
    require(found, after);
    requireNothingHidden(disk, found.size());
    require(readOnly(disk.worstCrash().storage(), Saved::in), after);
  }

  private static Saved next(List<Saved> read) {
    return new Saved(AFTERWARDS + read.size(), 0, false);
  }

  /**
   * What else there may be after another crash, now that a writer has found {@code read}: a pin
   * that was not acknowledged may come and go, a checkpoint may not.
   */
  private static Set<List<Saved>> alike(List<Saved> read, Set<List<Saved>> allowed) {
    return allowed.stream()
        .filter(other -> unpinned(other).equals(unpinned(read)))
        .collect(Collectors.toSet());
  }

  private static List<Saved> unpinned(List<Saved> list) {
    return list.stream().map(saved -> new Saved(saved.step(), saved.version(), false)).toList();
  }

  private static Set<List<Saved>> with(Saved next, Set<List<Saved>> before) {
    return before.stream()
        .map(list -> Stream.concat(list.stream(), Stream.of(next)).toList())
        .collect(Collectors.toSet());
  }

  /** What a reader does. */
  @FunctionalInterface
  private interface Reader {
    List<Saved> read(CheckpointStore store) throws IOException;
  }

  private static List<Saved> readOnly(CrashStorage disk, Reader reader) throws IOException {
    try (CheckpointStore store = CheckpointStore.readOnly(disk, RUN)) {
      return reader.read(store);
    } catch (NoSuchFileException e) {
      require(disk.find(RUN).isEmpty(), "the run's directory is there and " + e);
      return List.of();
    }
  }

  private static void requireNothingHidden(CrashStorage disk, int checkpoints) throws IOException {
    List<String> names = disk.list(RUN).stream().map(Storage.Entry::name).toList();
    require(
        names.size() == checkpoints + 1 && names.contains(RunDirectory.LOCK),
        checkpoints + " checkpoints and the lock, and no more, should be among " + names);
  }

  private static void require(List<Saved> found, Set<List<Saved>> allowed) {
    require(allowed.contains(found), "the checkpoints are " + found);
  }

  private static void require(boolean condition, String otherwise) {
    if (!condition) {
      throw new AssertionError(otherwise);
    }
  }
}
