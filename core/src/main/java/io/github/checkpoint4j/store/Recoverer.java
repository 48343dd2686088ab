package io.github.checkpoint4j.store;

import io.github.checkpoint4j.store.CheckpointName.Role;
import java.io.IOException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Brings a run's directory back in order after a writer that ended in the middle of something:
 * gives a checkpoint whose replacement is not complete its name back, and removes unfinished saves
 * and deletions. It touches what {@link CheckpointName} knows as hidden, and nothing else.
 *
 * <p>All is decided before anything is done, so what recovery would do can be told without doing
 * it.
 */
final class Recoverer {
  private final Storage storage;
  private final Path run;
  private final List<Repair> repairs = new ArrayList<>();

  /** The names in the directory, and those that repairs will make. */
  private final Set<String> taken = new HashSet<>();

  /** Where the checkpoint of a step is that will have its name, if it is not there yet. */
  private final Map<Long, CheckpointName> restored = new HashMap<>();

  private Recoverer(Storage storage, Path run) {
    this.storage = storage;
    this.run = run;
  }

  /**
   * Decides what is to be done, and changes nothing.
   *
   * @throws IOException if the directory, or a checkpoint in question, cannot be read
   */
  static Recoverer plan(Storage storage, Path run) throws IOException {
    Recoverer recoverer = new Recoverer(storage, run);
    recoverer.decide(storage.list(run));
    return recoverer;
  }

  /**
   * Recovers the directory. Doing it again after it was interrupted comes to the same. Whoever does
   * it holds the lock.
   *
   * @throws IOException if the directory cannot be listed or synced, or a checkpoint cannot get its
   *     name back; a hidden directory that cannot be removed is only reported
   */
  static Recovery recover(Storage storage, Path run, Optional<String> staleOwner)
      throws IOException {
    // A rename by a writer that was killed may not be durable yet. Were one to a checkpoint's name
    // undone by a power loss, a checkpoint would be gone that this writer has listed; were one to a
    // hidden name, a part of a checkpoint would be there under its name, its files removed.
    storage.syncDirectory(run);
    return plan(storage, run).perform(staleOwner);
  }

  /** What is to be done, in this order. */
  List<Repair> repairs() {
    return List.copyOf(repairs);
  }

  private void decide(List<Storage.Entry> entries) throws IOException {
    entries.forEach(entry -> taken.add(entry.name()));
    List<CheckpointName> olds =
        hidden(entries, Role.OLD).stream()
            .sorted(Comparator.comparingLong(CheckpointName::id).reversed())
            .toList();
    for (CheckpointName old : olds) {
      repairs.add(settle(old));
    }
    hidden(entries, Role.TEMPORARY)
        .forEach(name -> repairs.add(Repair.of(name, Remedy.REMOVE_UNFINISHED_SAVE)));
    hidden(entries, Role.TRASH)
        .forEach(name -> repairs.add(Repair.of(name, Remedy.FINISH_DELETION)));
  }

  private static List<CheckpointName> hidden(List<Storage.Entry> entries, Role role) {
    List<CheckpointName> names = new ArrayList<>();
    for (Storage.Entry entry : entries) {
      boolean ours =
          entry.kind() == Storage.Kind.DIRECTORY
              || (entry.kind() == Storage.Kind.LINK && role != Role.TEMPORARY);
      CheckpointName.parse(entry.name())
          .filter(name -> ours && name.role() == role)
          .ifPresent(names::add);
    }
    return names;
  }

  /** Ends a replacement, one way or the other, so that a whole checkpoint of the step is kept. */
  private Repair settle(CheckpointName old) throws IOException {
    CheckpointName name = CheckpointName.of(old.step());
    if (!taken.contains(name.toString())) {
      taken.add(name.toString());
      restored.put(old.step(), old);
      return Repair.of(old, Remedy.RESTORE);
    }
    if (usable(restored.getOrDefault(old.step(), name))) {
      return new Repair(old, Remedy.REMOVE_REPLACED, Optional.of(trash(old)));
    }
    if (usable(old)) {
      restored.put(old.step(), old);
      return new Repair(old, Remedy.RESTORE_OVER_DAMAGED, Optional.of(trash(old)));
    }
    return Repair.of(old, Remedy.LEAVE);
  }

  private CheckpointName trash(CheckpointName old) {
    for (long id = old.id(); ; id++) {
      CheckpointName trash = new CheckpointName(old.step(), Role.TRASH, id);
      if (taken.add(trash.toString())) {
        return trash;
      }
    }
  }

  private boolean usable(CheckpointName name) throws IOException {
    try {
      return CheckpointDirectory.inRun(storage, path(name), name).info().usable();
    } catch (NotDirectoryException e) {
      return false;
    }
  }

  private Path path(CheckpointName name) {
    return run.resolve(name.toString());
  }

  private Recovery perform(Optional<String> staleOwner) throws IOException {
    for (Repair repair : repairs) {
      settle(repair);
    }
    List<String> removed = new ArrayList<>();
    List<String> left = new ArrayList<>(damaged());
    for (CheckpointName name : dead()) {
      try {
        Removal.entry(storage, path(name));
        removed.add(name.toString());
      } catch (IOException e) {
        left.add(path(name) + ": " + Reason.of(e));
      }
    }
    return new Recovery(staleOwner, restored(), removed, left);
  }

  private void settle(Repair repair) throws IOException {
    Path old = path(repair.name());
    Path checkpoint = path(CheckpointName.of(repair.name().step()));
    if (repair.trash().isPresent()) {
      storage.rename(repair.restores() ? checkpoint : old, path(repair.trash().get()));
    }
    if (repair.restores()) {
      storage.rename(old, checkpoint);
    }
    if (repair.restores() || repair.trash().isPresent()) {
      storage.syncDirectory(run);
    }
  }

  /** What recovery comes to if every removal succeeds. */
  Recovery outcome(Optional<String> staleOwner) {
    return new Recovery(
        staleOwner, restored(), dead().stream().map(CheckpointName::toString).toList(), damaged());
  }

  private List<String> restored() {
    return repairs.stream()
        .filter(Repair::restores)
        .map(repair -> repair.name().checkpoint())
        .toList();
  }

  /** What is removed when all replacements are settled. */
  private List<CheckpointName> dead() {
    List<CheckpointName> dead = new ArrayList<>();
    repairs.stream()
        .filter(repair -> repair.name().role() != Role.OLD)
        .forEach(repair -> dead.add(repair.name()));
    repairs.forEach(repair -> repair.trash().ifPresent(dead::add));
    return dead;
  }

  private List<String> damaged() {
    return repairs.stream()
        .filter(repair -> repair.remedy() == Remedy.LEAVE)
        .map(
            repair ->
                "%s: it is damaged, and so is %s"
                    .formatted(path(repair.name()), path(CheckpointName.of(repair.name().step()))))
        .toList();
  }
}
