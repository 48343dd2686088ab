package io.github.checkpoint4j.store;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;

/** Makes a run's directory ready for a writer: creates it, durably, and takes its lock. */
final class RunDirectory {
  /** The name of the file whose lock a writer holds. */
  static final String LOCK = ".checkpoint4j.lock";

  private RunDirectory() {}

  static Path requireReadable(Storage storage, Path run) throws IOException {
    if (storage.find(run).isEmpty()) {
      throw new NoSuchFileException(
          run.toString(), null, "no such file or directory; check the path");
    }
    return run;
  }

  /** Creates the directory, and those around it that are missing. */
  static void create(Storage storage, Path run) throws IOException {
    Optional<Storage.Kind> kind = storage.find(run);
    if (kind.isPresent() && (kind.get() == Storage.Kind.FILE || kind.get() == Storage.Kind.OTHER)) {
      throw new NotDirectoryException(run.toString());
    }
    Path parent = run.getParent();
    if (parent == null) {
      return;
    }
    if (kind.isPresent()) {
      try {
        // Whoever created it may have been killed before the entry was durable.
        storage.syncDirectory(parent);
      } catch (AccessDeniedException e) {
        // One that this user may not read was not created by this user's writer.
      }
      return;
    }
    create(storage, parent);
    try {
      storage.createDirectory(run);
    } catch (FileAlreadyExistsException e) {
      // Someone else created it since; the entry is synced all the same.
    }
    storage.syncDirectory(parent);
  }

  /**
   * Takes the lock.
   *
   * @throws CheckpointLockedException if someone else has it
   */
  static Storage.LockAttempt.Taken lock(Storage storage, Path run) throws IOException {
    return switch (storage.tryLock(run.resolve(LOCK), LockOwner.current().toText())) {
      case Storage.LockAttempt.Taken taken -> taken;
      case Storage.LockAttempt.Held held -> throw locked(run, held);
    };
  }

  private static CheckpointLockedException locked(Path run, Storage.LockAttempt.Held held) {
    String wait = "Wait until it ends, or stop it";
    Optional<LockOwner> owner = LockOwner.parse(held.owner());
    if (owner.isEmpty()) {
      return locked(run, "another process", held.since(), wait);
    }
    String whose = owner.get().toString();
    return switch (owner.get().liveness()) {
      case UNKNOWN -> locked(run, whose, held.since(), wait);
      case ALIVE ->
          owner.get().isThisProcess()
              ? locked(
                  run,
                  "this process (" + whose + ")",
                  held.since(),
                  "Close the store or checkpointer that is open on it")
              : locked(run, whose, held.since(), wait);
      case ON_ANOTHER_HOST ->
          locked(
              run,
              whose,
              held.since(),
              "It is on another host: whether it still runs cannot be seen from here. " + wait);
      // The one that has the lock has not come to writing its name.
      case ENDED, PID_REUSED ->
          locked(
              run,
              "another process than the last one known (" + whose + ", which has ended)",
              held.since(),
              wait);
    };
  }

  private static CheckpointLockedException locked(
      Path run, String whose, Instant since, String todo) {
    return new CheckpointLockedException(
        "%s is being written by %s, since %s. %s, or use another directory; reading needs no lock."
            .formatted(run, whose, since, todo));
  }

  /**
   * Returns if the lock still keeps other writers out.
   *
   * @throws CheckpointLockedException if its file was deleted or replaced, so that another writer
   *     may be at work
   */
  static void requireLock(Storage storage, Path run, Storage.Lock lock) throws IOException {
    if (lock.isHeld()) {
      return;
    }
    Path file = run.resolve(LOCK);
    throw new CheckpointLockedException(
        ("%s: %s while this writer had it locked, so another writer may be at work. Nothing more is"
                + " written. See that there is no other, and open the directory again.")
            .formatted(
                file,
                storage.find(file).isEmpty()
                    ? "no such file or directory: it was deleted"
                    : "it was replaced"));
  }
}
