package io.github.checkpoint4j.store;

import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.store.CheckpointName.Role;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * One run of the commit protocol of FORMAT.md. A checkpoint is there when its directory has its
 * name; everything before is hidden, and undone if a later operation fails.
 */
final class Commit {
  private final Storage storage;
  private final Path run;
  private final Storage.Lock lock;
  private final CheckpointContent content;
  private final long sequence;
  private final List<String> older;
  private final Optional<Predecessor> predecessor;

  private final Path temporary;
  private final Path target;
  private final Path old;

  /** How far the commit has come: what an undo has to take back. */
  private enum Reached {
    NOTHING,
    TEMPORARY,
    OLD_ASIDE,
    RENAMED
  }

  private Reached reached = Reached.NOTHING;

  private Optional<Path> replaced = Optional.empty();

  /** The bytes of the files, as far as they are known. */
  private long size;

  /** The bytes of those that are shared with the predecessor. */
  private long shared;

  /**
   * @param lock the writer's lock on the run
   * @param predecessor the checkpoint whose unchanged files are shared; empty if all are written
   */
  Commit(
      Storage storage,
      Path run,
      Storage.Lock lock,
      CheckpointContent content,
      long sequence,
      List<String> older,
      Optional<Predecessor> predecessor)
      throws IOException {
    this.storage = storage;
    this.run = run;
    this.lock = lock;
    this.content = content;
    this.sequence = sequence;
    this.older = older;
    this.predecessor = predecessor;
    this.size = content.size();
    this.target = run.resolve(CheckpointName.of(content.step()).toString());
    this.temporary = free(Role.TEMPORARY);
    this.old = free(Role.OLD);
  }

  /** A hidden name for this step that nothing has, not even what could not be removed before. */
  private Path free(Role role) throws IOException {
    return HiddenPath.free(storage, run, content.step(), role, sequence);
  }

  /**
   * Makes the checkpoint durable.
   *
   * @return the checkpoint, told without another look at the disk: that could fail, and it is
   *     durable
   * @throws FileAlreadyExistsException if there is one of this step and it is not to be replaced
   * @throws CheckpointLockedException if the lock was lost while the files were written
   * @throws IOException if any operation failed; what was done is taken back, or left for {@link
   *     Recoverer} if that failed as well, as a suppressed exception says
   */
  CheckpointInfo perform() throws IOException {
    boolean replacing = storage.find(target).isPresent();
    if (replacing && !content.overwrite()) {
      throw new FileAlreadyExistsException(
          target.toString(),
          null,
          "there is a checkpoint of step "
              + content.step()
              + " already. Save with overwrite to replace it, or use another directory");
    }
    try {
      boolean pinned = replacing && storage.find(target.resolve(Checkpoint.PIN)).isPresent();
      storage.createDirectory(temporary);
      reached = Reached.TEMPORARY;
      Manifest manifest = fill(pinned);
      RunDirectory.requireLock(storage, run, lock);
      if (replacing) {
        storage.rename(target, old);
        reached = Reached.OLD_ASIDE;
        storage.syncDirectory(run);
      }
      storage.rename(temporary, target);
      reached = Reached.RENAMED;
      storage.syncDirectory(run);
      if (replacing) {
        replaced = Optional.of(old);
      }
      return info(manifest, pinned);
    } catch (IOException | RuntimeException | Error e) {
      undo(replacing, e);
      throw e;
    }
  }

  /** The checkpoint that was replaced, under a hidden name; empty before the commit succeeded. */
  Optional<Path> replaced() {
    return replaced;
  }

  /**
   * The bytes that are to be written, those of shared files not among them; without the manifest,
   * if the commit did not come to it.
   */
  long needed() {
    return size - shared;
  }

  /** Whether it came to changing anything. */
  boolean begun() {
    return reached != Reached.NOTHING;
  }

  private Manifest fill(boolean pinned) throws IOException {
    Map<String, FileChecksums> files = new LinkedHashMap<>();
    for (Map.Entry<String, FileContent> file : content.files().entrySet()) {
      files.put(file.getKey(), put(file.getKey(), file.getValue()));
    }
    if (pinned) {
      write(Checkpoint.PIN, FileContent.of(""));
    }
    Manifest manifest = manifest(files);
    FileContent record = ManifestFile.write(manifest);
    size += record.size();
    write(Manifest.FILE, record);
    storage.syncDirectory(temporary);
    return manifest;
  }

  private CheckpointInfo info(Manifest manifest, boolean pinned) {
    return new CheckpointInfo(
        manifest.name(),
        target,
        manifest.step(),
        manifest.epoch(),
        manifest.metrics(),
        manifest.sequence(),
        manifest.time(),
        size,
        pinned,
        Standing.COMMITTED,
        manifest.objective(),
        Optional.empty());
  }

  /** Shares a file with the predecessor if it is the same there, or writes it. */
  private FileChecksums put(String name, FileContent bytes) throws IOException {
    Optional<FileChecksums> same = predecessor.flatMap(before -> before.same(name, bytes));
    if (same.isEmpty()) {
      return write(name, bytes);
    }
    Path file = temporary.resolve(name);
    if (!link(predecessor.get().file(name), file)) {
      return write(name, bytes);
    }
    shared += bytes.size();
    // The commit before has synced it, unless the checkpoint was copied here by someone who has
    // not.
    storage.sync(file);
    return same.get();
  }

  private boolean link(Path existing, Path name) throws IOException {
    try {
      return storage.link(existing, name);
    } catch (NoSuchFileException | AccessDeniedException e) {
      // Someone took it away since, or a rule of this machine is against links. Anything else that
      // it may be is met again when the file is written.
      return false;
    }
  }

  private FileChecksums write(String name, FileContent bytes) throws IOException {
    Path file = temporary.resolve(name);
    FileChecksums written = storage.write(file, bytes);
    if (written.size() != bytes.size()) {
      throw new IOException(
          "%s: %d bytes were written of %d".formatted(file, written.size(), bytes.size()));
    }
    storage.sync(file);
    return written;
  }

  private Manifest manifest(Map<String, FileChecksums> files) {
    return new Manifest(
        CheckpointName.of(content.step()).toString(),
        content.step(),
        Double.isNaN(content.epoch()) ? OptionalDouble.empty() : OptionalDouble.of(content.epoch()),
        content.metrics(),
        sequence,
        content.time(),
        content.objective(),
        older,
        files,
        content.fingerprint(),
        content.hyperparameters(),
        Writer.NAME);
  }

  /**
   * Takes back what was done. Files are removed only when it is certain, also after a power loss,
   * that no checkpoint's name leads to them.
   */
  private void undo(boolean replacing, Throwable failure) {
    // An interrupt that failed the save must not fail its undoing too.
    boolean interrupted = Thread.interrupted();
    try {
      if (!lock.isHeld()) {
        // Another writer may be at work, and may even have given its directories these names.
        return;
      }
      if (reached == Reached.RENAMED) {
        storage.rename(target, temporary);
      }
      if (replacing && reached.compareTo(Reached.OLD_ASIDE) >= 0) {
        storage.rename(old, target);
      }
      if (reached.compareTo(Reached.OLD_ASIDE) >= 0) {
        storage.syncDirectory(run);
      }
      if (reached != Reached.NOTHING) {
        Removal.tree(storage, temporary);
      }
    } catch (IOException | RuntimeException e) {
      failure.addSuppressed(e);
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
