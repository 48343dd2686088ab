package io.github.checkpoint4j.store;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
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
    LockOwner self = LockOwner.current();
    return switch (storage.tryLock(run.resolve(LOCK), self.toText())) {
      case Storage.LockAttempt.Taken taken -> taken;
      case Storage.LockAttempt.Held held -> throw locked(run, self, held);
    };
  }

  private static CheckpointLockedException locked(
      Path run, LockOwner self, Storage.LockAttempt.Held held) {
    Optional<LockOwner> owner = LockOwner.parse(held.owner());
    String whose =
        owner.isEmpty()
            ? "another process"
            : owner.get().equals(self) ? "this process (" + self + ")" : owner.get().toString();
    String todo =
        owner.filter(self::equals).isPresent()
            ? "Close the store or checkpointer that is open on it"
            : "Wait until it ends, or stop it";
    return new CheckpointLockedException(
        "%s is being written by %s, since %s. %s, or use another directory; reading needs no lock."
            .formatted(run, whose, held.since(), todo));
  }
}
