package io.github.checkpoint4j.store;

import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.store.CheckpointName.Role;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The checkpoints in a run's directory. {@link #commit} makes one durable as a whole or not at all;
 * the protocol is stated in FORMAT.md.
 *
 * <p>There is one writer at a time; readers take no lock and change nothing. Which checkpoint is
 * the latest or the best is computed from what is there, so the directory may be moved or copied.
 *
 * <p>Not safe for use by several threads at once. A thread must not be interrupted while it
 * commits: the commit then fails as on a failing disk.
 */
public final class CheckpointStore implements AutoCloseable {
  private final Storage storage;
  private final Path run;
  private final Storage.@Nullable Lock lock;
  private Recovery recovery;

  /** Whether something hidden may be left by an operation that failed. */
  private boolean untidy;

  private boolean closed;

  private CheckpointStore(
      Storage storage, Path run, Storage.@Nullable Lock lock, Recovery recovery) {
    this.storage = storage;
    this.run = run;
    this.lock = lock;
    this.recovery = recovery;
    this.untidy = !recovery.left().isEmpty();
  }

  /**
   * Opens a run's directory for writing, on a file system of this machine: creates it if it is
   * missing, takes the lock, and clears away what a writer that was killed left behind.
   *
   * @throws CheckpointLockedException if another writer has it open
   * @throws IOException if the directory cannot be created or written, or is a file
   */
  public static CheckpointStore open(Path run) throws IOException {
    return open(LocalStorage.instance(), run);
  }

  /** As {@link #open(Path)}, on any storage. */
  public static CheckpointStore open(Storage storage, Path run) throws IOException {
    Path directory = run.toAbsolutePath();
    try {
      RunDirectory.create(storage, directory);
      Storage.LockAttempt.Taken taken = RunDirectory.lock(storage, directory);
      try {
        Optional<String> stale = LockOwner.describeStale(taken.previousOwner());
        return new CheckpointStore(
            storage, directory, taken.lock(), Recoverer.recover(storage, directory, stale));
      } catch (IOException | RuntimeException | Error e) {
        closeAfter(e, taken.lock());
        throw e;
      }
    } catch (CheckpointLockedException e) {
      throw e;
    } catch (IOException e) {
      throw new IOException(
          "cannot open %s for writing: %s. Check its path and permissions, or use another directory."
              .formatted(run, Reason.of(e)),
          e);
    }
  }

  private static void closeAfter(Throwable failure, Storage.Lock lock) {
    try {
      lock.close();
    } catch (IOException e) {
      failure.addSuppressed(e);
    }
  }

  /**
   * Opens a run's directory for reading. Nothing is changed, not even what a killed writer left.
   *
   * @throws NoSuchFileException if there is no such directory
   */
  public static CheckpointStore readOnly(Path run) throws IOException {
    return readOnly(LocalStorage.instance(), run);
  }

  /** As {@link #readOnly(Path)}, on any storage. */
  public static CheckpointStore readOnly(Storage storage, Path run) throws IOException {
    Path directory = RunDirectory.requireReadable(storage, run.toAbsolutePath());
    return new CheckpointStore(
        storage, directory, null, new Recovery(Optional.empty(), List.of(), List.of(), List.of()));
  }

  /** The run's directory. */
  public Path directory() {
    return run;
  }

  /** What the last recovery did: that at opening, or one before a commit after a failure. */
  public Recovery recovery() {
    return recovery;
  }

  /**
   * The checkpoints, oldest first: in the order in which they were committed, whatever their steps
   * and the times of their files. An unverified one comes before the commits made after it
   * appeared. Damaged ones are listed too.
   */
  public List<CheckpointInfo> list() throws IOException {
    requireOpen();
    return RunListing.read(storage, run, lock == null).stream()
        .map(CheckpointDirectory::info)
        .toList();
  }

  /**
   * Makes a checkpoint durable. When this returns, it survives a kill and a power loss; before, it
   * is not there.
   *
   * @throws FileAlreadyExistsException if there is one of this step and it may not be overwritten
   * @throws CheckpointLockedException if someone has deleted the lock's file: another writer may be
   *     at work, and the store has to be opened again
   * @throws IOException if it could not be written; everything else is as it was, and the save may
   *     be tried again. If space was lacking, the message has the bytes needed and free
   * @throws IllegalStateException if the store is closed or read-only
   */
  public CheckpointInfo commit(CheckpointContent content) throws IOException {
    Storage.Lock held = requireWriter();
    Commit commit = begin(content, held);
    CheckpointInfo committed;
    try {
      committed = commit.perform();
    } catch (CheckpointLockedException | RuntimeException | Error e) {
      untidy = true;
      throw e;
    } catch (FileAlreadyExistsException e) {
      untidy |= commit.begun();
      if (run.resolve(CheckpointName.of(content.step()).toString())
          .toString()
          .equals(e.getFile())) {
        throw e;
      }
      throw failed(content, commit.needed(), e);
    } catch (IOException e) {
      throw failed(content, commit.needed(), e);
    }
    commit.replaced().ifPresent(old -> discardReplaced(content.step(), old, held));
    return committed;
  }

  private Commit begin(CheckpointContent content, Storage.Lock held) throws IOException {
    try {
      tidy();
      List<CheckpointDirectory> directories = RunListing.read(storage, run, false);
      List<CheckpointInfo> present = directories.stream().map(CheckpointDirectory::info).toList();
      long last = present.stream().mapToLong(CheckpointInfo::sequence).max().orElse(0);
      List<String> older =
          present.stream().filter(info -> info.sequence() == 0).map(CheckpointInfo::name).toList();
      Optional<Predecessor> predecessor =
          content.incremental() ? Predecessor.among(storage, directories) : Optional.empty();
      return new Commit(storage, run, held, content, Math.addExact(last, 1), older, predecessor);
    } catch (IOException e) {
      throw failed(content, content.size(), e);
    }
  }

  /** Clears away what an operation that failed left behind. */
  private void tidy() throws IOException {
    if (!untidy) {
      return;
    }
    recovery = Recoverer.recover(storage, run, Optional.empty());
    untidy = !recovery.left().isEmpty();
  }

  private IOException failed(CheckpointContent content, long needed, IOException cause) {
    untidy = true;
    String what =
        "could not save %s in %s".formatted(CheckpointName.of(content.step()).checkpoint(), run);
    String after = "Earlier checkpoints are untouched.";
    try {
      long free = storage.usableSpace(run);
      // Of files that may be shared it is not known whether they need any.
      if (Reason.isNoSpace(cause) || (free < needed && !content.incremental())) {
        return new IOException(
            "%s: no space left. It takes %d bytes, %d are free. Make room, or keep fewer checkpoints. %s"
                .formatted(what, needed, free, after),
            cause);
      }
    } catch (IOException e) {
      cause.addSuppressed(e);
    }
    return new IOException(what + ": " + Reason.of(cause) + ". " + after, cause);
  }

  /** The new checkpoint is durable: a failure here is made up for by the next recovery. */
  private void discardReplaced(long step, Path replaced, Storage.Lock held) {
    try {
      RunDirectory.requireLock(storage, run, held);
      discard(step, replaced);
    } catch (IOException e) {
      untidy = true;
    }
  }

  /**
   * Deletes a checkpoint. It is gone for all readers at once.
   *
   * @throws NoSuchFileException if it is not there any more
   * @throws IOException if it could not be deleted; it is either still there as a whole, or gone
   *     with its space freed by a later commit or opening
   * @throws IllegalArgumentException if it is not of this run
   * @throws IllegalStateException if it is pinned, or the store is closed or read-only
   */
  public void delete(CheckpointInfo checkpoint) throws IOException {
    requireWriter();
    tidy();
    CheckpointInfo current = find(ours(checkpoint));
    if (current.pinned()) {
      throw new IllegalStateException(
          current.directory() + " is pinned, and so not deleted. Unpin it first.");
    }
    try {
      discard(current.step(), current.directory());
    } catch (IOException e) {
      untidy = true;
      throw new IOException(
          "could not delete %s: %s".formatted(current.directory(), Reason.of(e)), e);
    }
  }

  private void discard(long step, Path path) throws IOException {
    Path trash = HiddenPath.free(storage, run, step, Role.TRASH, 1);
    storage.rename(path, trash);
    storage.syncDirectory(run);
    Removal.entry(storage, trash);
  }

  /**
   * Pins a checkpoint: no retention policy removes it, and {@link #delete} refuses. Durable when
   * this returns.
   *
   * @return the checkpoint, pinned
   * @throws NoSuchFileException if it is not there any more
   * @throws IllegalArgumentException if it is not of this run
   * @throws IllegalStateException if the store is closed or read-only
   */
  public CheckpointInfo pin(CheckpointInfo checkpoint) throws IOException {
    requireWriter();
    CheckpointInfo current = find(ours(checkpoint));
    Path marker = current.directory().resolve(Checkpoint.PIN);
    if (!current.pinned()) {
      storage.write(marker, FileContent.of(""));
    }
    storage.sync(marker);
    storage.syncDirectory(current.directory());
    return find(ours(checkpoint));
  }

  /**
   * Unpins a checkpoint, if it is pinned. Durable when this returns.
   *
   * @return the checkpoint, not pinned
   * @throws NoSuchFileException if it is not there any more
   * @throws IllegalArgumentException if it is not of this run
   * @throws IllegalStateException if the store is closed or read-only
   */
  public CheckpointInfo unpin(CheckpointInfo checkpoint) throws IOException {
    requireWriter();
    CheckpointInfo current = find(ours(checkpoint));
    if (current.pinned()) {
      storage.deleteFile(current.directory().resolve(Checkpoint.PIN));
    }
    storage.syncDirectory(current.directory());
    return find(ours(checkpoint));
  }

  /**
   * Opens a checkpoint for reading.
   *
   * @throws io.github.checkpoint4j.format.CorruptFileException if it is damaged
   * @throws io.github.checkpoint4j.format.UnsupportedFeatureException if its manifest is of a newer
   *     version
   * @throws NoSuchFileException if it is not there any more
   */
  public Checkpoint open(CheckpointInfo checkpoint) throws IOException {
    requireOpen();
    CheckpointName name = ours(checkpoint);
    return Checkpoint.of(
        CheckpointFiles.inRun(storage, run, name.step()).orElseThrow(() -> gone(name)));
  }

  private CheckpointName ours(CheckpointInfo checkpoint) {
    if (!run.equals(checkpoint.directory().toAbsolutePath().getParent())) {
      throw new IllegalArgumentException(checkpoint.directory() + " is not a checkpoint in " + run);
    }
    return CheckpointName.parse(checkpoint.name())
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    checkpoint.directory() + " does not have a checkpoint's name"));
  }

  private CheckpointInfo find(CheckpointName name) throws IOException {
    return look(name).info();
  }

  private CheckpointDirectory look(CheckpointName name) throws IOException {
    return RunListing.find(storage, run, name.step()).orElseThrow(() -> gone(name));
  }

  private NoSuchFileException gone(CheckpointName name) {
    return new NoSuchFileException(
        run.resolve(name.toString()).toString(), null, "there is no such checkpoint any more");
  }

  private Storage.Lock requireWriter() throws IOException {
    requireOpen();
    if (lock == null) {
      throw new IllegalStateException(run + " was opened for reading only");
    }
    RunDirectory.requireLock(storage, run, lock);
    return lock;
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("the store of " + run + " is closed");
    }
  }

  /** Gives up the lock; does nothing the second time. */
  @Override
  public void close() throws IOException {
    closed = true;
    if (lock != null) {
      lock.close();
    }
  }
}
