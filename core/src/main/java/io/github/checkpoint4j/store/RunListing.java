package io.github.checkpoint4j.store;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The checkpoints in a run's directory, oldest first.
 *
 * <p>Those with a readable manifest stand in the order of their sequence numbers. One without is
 * older than the first commit that names it as older, for it was there then. If none does, it came
 * after them all (a run that went on in Python), unless it is damaged: then its step is all there
 * is to go by.
 */
final class RunListing {
  private static final int ATTEMPTS = 8;

  /** How often a checkpoint may be renamed while it is looked at: far more than can be. */
  private static final int RENAMINGS = 100;

  private RunListing() {}

  /**
   * Reads the directory.
   *
   * @param shared whether a writer may be at work in it
   * @throws NoSuchFileException if there is no such directory
   * @throws NotDirectoryException if it is something else
   */
  static List<CheckpointDirectory> read(Storage storage, Path run, boolean shared)
      throws IOException {
    List<CheckpointDirectory> found = new ArrayList<>();
    for (CheckpointName name : names(storage, run, shared).values()) {
      seen(storage, run, name).ifPresent(found::add);
    }
    return ordered(found);
  }

  private static Optional<CheckpointDirectory> seen(Storage storage, Path run, CheckpointName name)
      throws IOException {
    try {
      return look(storage, run, name);
    } catch (NoSuchFileException e) {
      // It got another name since, or is gone.
      return find(storage, run, name.step());
    }
  }

  /** The checkpoint of a step; empty if there is none. */
  static Optional<CheckpointDirectory> find(Storage storage, Path run, long step)
      throws IOException {
    return ofStep(storage, run, step, name -> look(storage, run, name));
  }

  /** Looks at what has this name, or opens it; empty if it is no checkpoint. */
  @FunctionalInterface
  interface Looking<T> {
    Optional<T> at(CheckpointName name) throws IOException;
  }

  /**
   * Looks at the checkpoint of a step under the name it has; again, if it loses it meanwhile.
   *
   * @return empty if there is none
   */
  static <T> Optional<T> ofStep(Storage storage, Path run, long step, Looking<T> looking)
      throws IOException {
    for (int attempt = 1; ; attempt++) {
      @Nullable CheckpointName name = names(storage, run, true).get(step);
      if (name == null) {
        return Optional.empty();
      }
      try {
        return looking.at(name);
      } catch (NoSuchFileException e) {
        if (attempt == RENAMINGS) {
          throw e;
        }
      }
    }
  }

  private static Map<Long, CheckpointName> names(Storage storage, Path run, boolean shared)
      throws IOException {
    List<Storage.Entry> entries = storage.list(run);
    // What is renamed while a directory is read may be missed under both names (POSIX, readdir).
    for (int i = 0; shared && i < ATTEMPTS; i++) {
      List<Storage.Entry> again = storage.list(run);
      if (again.equals(entries)) {
        break;
      }
      entries = again;
    }
    Map<Long, CheckpointName> names = new TreeMap<>();
    for (Storage.Entry entry : entries) {
      CheckpointName.parse(entry.name())
          .filter(name -> isListed(name.role()))
          .ifPresent(name -> names.merge(name.step(), name, RunListing::visible));
    }
    return names;
  }

  private static Optional<CheckpointDirectory> look(Storage storage, Path run, CheckpointName name)
      throws IOException {
    try {
      return Optional.of(CheckpointDirectory.inRun(storage, run.resolve(name.toString()), name));
    } catch (NotDirectoryException e) {
      // A file may have the name of a checkpoint; it is none.
      return Optional.empty();
    }
  }

  /** A checkpoint that is being replaced is there under its other name. */
  private static boolean isListed(CheckpointName.Role role) {
    return role == CheckpointName.Role.CHECKPOINT || role == CheckpointName.Role.OLD;
  }

  private static CheckpointName visible(CheckpointName one, CheckpointName other) {
    if (one.role() != other.role()) {
      return one.role() == CheckpointName.Role.CHECKPOINT ? one : other;
    }
    return one.id() > other.id() ? one : other;
  }

  private static List<CheckpointDirectory> ordered(List<CheckpointDirectory> found) {
    List<CheckpointDirectory> numbered =
        found.stream()
            .filter(directory -> directory.manifest().isPresent())
            .sorted(
                Comparator.comparingLong((CheckpointDirectory d) -> d.info().sequence())
                    .thenComparingLong(d -> d.info().step()))
            .toList();
    List<List<CheckpointDirectory>> before = new ArrayList<>();
    for (int i = 0; i <= numbered.size(); i++) {
      before.add(new ArrayList<>());
    }
    found.stream()
        .filter(directory -> directory.manifest().isEmpty())
        .sorted(Comparator.comparingLong(d -> d.info().step()))
        .forEach(directory -> before.get(place(directory.info(), numbered)).add(directory));
    List<CheckpointDirectory> ordered = new ArrayList<>();
    for (int i = 0; i < numbered.size(); i++) {
      ordered.addAll(before.get(i));
      ordered.add(numbered.get(i));
    }
    ordered.addAll(before.getLast());
    return List.copyOf(ordered);
  }

  private static int place(CheckpointInfo info, List<CheckpointDirectory> numbered) {
    for (int i = 0; i < numbered.size(); i++) {
      if (numbered.get(i).manifest().orElseThrow().older().contains(info.name())) {
        return i;
      }
    }
    if (info.standing() == Standing.DAMAGED) {
      for (int i = 0; i < numbered.size(); i++) {
        if (numbered.get(i).info().step() > info.step()) {
          return i;
        }
      }
    }
    return numbered.size();
  }
}
