package io.github.checkpoint4j.store;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The state of a run's directory, as a look at it tells that takes no lock and changes nothing.
 *
 * @param holder who wrote into the lock's file and did not take it out: a writer at work, or one
 *     that was killed; empty if no one
 * @param checkpoints the checkpoints, oldest first
 * @param leftovers hidden directories of writers, in the order in which recovery sees to them.
 *     While a writer is at work, they are its own
 * @param expected what the recovery of the next writer comes to, if all that it removes can be
 *     removed
 * @param foreign the names of what is none of this, and is never touched
 * @param nextSave bytes that the next save takes if it is as large as the newest whole checkpoint;
 *     empty if there is none
 * @param free bytes that may still be written to the file system
 */
public record Diagnosis(
    Path run,
    Optional<Holder> holder,
    List<CheckpointInfo> checkpoints,
    List<Leftover> leftovers,
    Recovery expected,
    List<String> foreign,
    OptionalLong nextSave,
    long free) {
  private static final int ATTEMPTS = 8;

  /** Whether a process still runs. */
  public enum Liveness {
    ALIVE,
    ENDED,
    /** It ended, and another process has its id now. */
    PID_REUSED,
    /** That cannot be told from here. */
    ON_ANOTHER_HOST,
    /** The lock's file does not say which process it is. */
    UNKNOWN
  }

  /** A process that wrote into the lock's file, in words. */
  public record Holder(String process, Liveness liveness) {}

  /** A hidden directory, and what recovery does about it. */
  public record Leftover(String name, Remedy remedy) {}

  public Diagnosis {
    checkpoints = List.copyOf(checkpoints);
    leftovers = List.copyOf(leftovers);
    foreign = List.copyOf(foreign);
  }

  /**
   * Looks at a run's directory on a file system of this machine.
   *
   * @throws NoSuchFileException if there is none
   * @throws java.nio.file.NotDirectoryException if it is something else
   * @throws IOException if it cannot be read
   */
  public static Diagnosis of(Path run) throws IOException {
    return of(LocalStorage.instance(), run);
  }

  /** As {@link #of(Path)}, on any storage. */
  public static Diagnosis of(Storage storage, Path run) throws IOException {
    Path directory = RunDirectory.requireReadable(storage, run.toAbsolutePath());
    for (int attempt = 1; ; attempt++) {
      try {
        return look(storage, run, directory);
      } catch (NoSuchFileException e) {
        // A writer at work renames and removes what was there a moment ago.
        if (attempt == ATTEMPTS || storage.find(directory).isEmpty()) {
          throw e;
        }
      }
    }
  }

  private static Diagnosis look(Storage storage, Path run, Path directory) throws IOException {
    List<Storage.Entry> entries = storage.list(directory);
    String lock =
        entries.contains(new Storage.Entry(RunDirectory.LOCK, Storage.Kind.FILE))
            ? storage.lockOwner(directory.resolve(RunDirectory.LOCK))
            : "";
    Recoverer recoverer = Recoverer.plan(storage, directory);
    List<CheckpointInfo> checkpoints =
        RunListing.read(storage, directory, true).stream().map(CheckpointDirectory::info).toList();
    return new Diagnosis(
        run,
        holder(lock),
        checkpoints,
        recoverer.repairs().stream()
            .map(repair -> new Leftover(repair.name().toString(), repair.remedy()))
            .toList(),
        recoverer.outcome(LockOwner.describeStale(lock)),
        foreign(entries),
        checkpoints.reversed().stream()
            .filter(CheckpointInfo::usable)
            .mapToLong(CheckpointInfo::size)
            .findFirst(),
        storage.usableSpace(directory));
  }

  private static Optional<Holder> holder(String lock) {
    return LockOwner.describe(lock)
        .map(
            process ->
                new Holder(
                    process,
                    LockOwner.parse(lock).map(LockOwner::liveness).orElse(Liveness.UNKNOWN)));
  }

  private static List<String> foreign(List<Storage.Entry> entries) {
    List<String> foreign = new ArrayList<>();
    for (Storage.Entry entry : entries) {
      boolean directory =
          entry.kind() == Storage.Kind.DIRECTORY || entry.kind() == Storage.Kind.LINK;
      boolean ours =
          entry.equals(new Storage.Entry(RunDirectory.LOCK, Storage.Kind.FILE))
              || (directory && CheckpointName.parse(entry.name()).isPresent());
      if (!ours) {
        foreign.add(entry.name());
      }
    }
    return foreign;
  }

  /** Whether a writer is at work, or may be: then nothing here is out of order for being hidden. */
  public boolean writing() {
    return holder
        .filter(
            who -> who.liveness() == Liveness.ALIVE || who.liveness() == Liveness.ON_ANOTHER_HOST)
        .isPresent();
  }

  /** The checkpoints that are damaged, oldest first; each says why. */
  public List<CheckpointInfo> damaged() {
    return checkpoints.stream().filter(info -> !info.usable()).toList();
  }

  /** Whether there is less space than the next save takes. */
  public boolean lacksSpace() {
    return nextSave.isPresent() && free < nextSave.getAsLong();
  }
}
