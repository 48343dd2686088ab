package io.github.checkpoint4j.store;

import io.github.checkpoint4j.store.CheckpointName.Role;
import java.io.IOException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Brings a run's directory back in order after a writer that ended in the middle of something:
 * gives a checkpoint whose replacement is not complete its name back, and removes unfinished saves
 * and deletions. It touches what {@link CheckpointName} knows as hidden, and nothing else. Whoever
 * runs it holds the lock.
 */
final class Recoverer {
  private final Storage storage;
  private final Path run;
  private final List<String> restored = new ArrayList<>();
  private final List<String> removed = new ArrayList<>();
  private final List<String> left = new ArrayList<>();

  private Recoverer(Storage storage, Path run) {
    this.storage = storage;
    this.run = run;
  }

  /**
   * Recovers the directory. Doing it again after it was interrupted comes to the same.
   *
   * @throws IOException if the directory cannot be listed or synced, or a checkpoint cannot get its
   *     name back; a hidden directory that cannot be removed is only reported
   */
  static Recovery recover(Storage storage, Path run, Optional<String> staleOwner)
      throws IOException {
    Recoverer recoverer = new Recoverer(storage, run);
    recoverer.recover();
    return new Recovery(staleOwner, recoverer.restored, recoverer.removed, recoverer.left);
  }

  private void recover() throws IOException {
    List<CheckpointName> olds = hidden(Role.OLD);
    List<CheckpointName> dead = new ArrayList<>(hidden(Role.TEMPORARY));
    dead.addAll(hidden(Role.TRASH));
    // A rename by a writer that was killed may not be durable yet. Were one to a checkpoint's name
    // undone by a power loss, a checkpoint would be gone that this writer has listed; were one to a
    // hidden name, a part of a checkpoint would be there under its name, its files removed.
    storage.syncDirectory(run);
    for (CheckpointName old :
        olds.stream().sorted(Comparator.comparingLong(CheckpointName::id).reversed()).toList()) {
      settle(old, dead);
    }
    for (CheckpointName name : dead) {
      remove(name);
    }
  }

  private List<CheckpointName> hidden(Role role) throws IOException {
    List<CheckpointName> names = new ArrayList<>();
    for (Storage.Entry entry : storage.list(run)) {
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
  private void settle(CheckpointName old, List<CheckpointName> dead) throws IOException {
    Path oldPath = run.resolve(old.toString());
    CheckpointName name = CheckpointName.of(old.step());
    Path path = run.resolve(name.toString());
    if (storage.find(path).isPresent()) {
      boolean usable = usable(path, name);
      if (!usable && !usable(oldPath, old)) {
        left.add(oldPath + ": it is damaged, and so is " + path);
        return;
      }
      Path superseded = usable ? oldPath : path;
      Path trash = HiddenPath.free(storage, run, old.step(), Role.TRASH, old.id());
      storage.rename(superseded, trash);
      CheckpointName.parse(trash.getFileName().toString()).ifPresent(dead::add);
    }
    if (storage.find(path).isEmpty()) {
      storage.rename(oldPath, path);
      restored.add(name.toString());
    }
    storage.syncDirectory(run);
  }

  private boolean usable(Path path, CheckpointName name) throws IOException {
    try {
      return CheckpointDirectory.inRun(storage, path, name).info().usable();
    } catch (NotDirectoryException e) {
      return false;
    }
  }

  private void remove(CheckpointName name) {
    Path path = run.resolve(name.toString());
    try {
      Removal.entry(storage, path);
      removed.add(name.toString());
    } catch (IOException e) {
      left.add(path + ": " + Reason.of(e));
    }
  }
}
