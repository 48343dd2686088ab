package io.github.checkpoint4j.store;

import io.github.checkpoint4j.format.FileContent;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.LongConsumer;

/**
 * A file, or a directory of files, that appears whole or not at all, and is durable when the call
 * returns: it is written under a hidden name beside its place, synced, and renamed. A kill leaves
 * that hidden {@code .NAME.tmp-…}, which nothing reads.
 */
public final class AtomicWrite {
  private final Storage storage;
  private final LongConsumer written;

  AtomicWrite(Storage storage) {
    this(storage, _ -> {});
  }

  private AtomicWrite(Storage storage, LongConsumer written) {
    this.storage = storage;
    this.written = written;
  }

  /** Onto this machine's file systems. */
  public static AtomicWrite local() {
    return new AtomicWrite(LocalStorage.instance());
  }

  /**
   * One that tells how far it is.
   *
   * @param written is told again and again how many more bytes were written; what it throws ends
   *     the writing, and then nothing has changed
   */
  public AtomicWrite telling(LongConsumer written) {
    return new AtomicWrite(storage, written);
  }

  /**
   * Creates the directories around a file or directory that are missing, durably.
   *
   * @throws IOException if one cannot be created, or something else has its name
   */
  public void createParents(Path target) throws IOException {
    RunDirectory.create(storage, parent(target));
  }

  /**
   * Writes a file.
   *
   * @param overwrite whether a file of that name is replaced: a reader finds the old one or the new
   *     one. What is no file, a directory for instance, is never replaced
   * @throws FileAlreadyExistsException if there is an entry of that name and it is not to be
   *     replaced
   * @throws IOException if it cannot be written; then nothing has changed
   */
  public void file(Path target, FileContent content, boolean overwrite) throws IOException {
    boolean replacing =
        overwrite && storage.find(target).filter(Storage.Kind.FILE::equals).isPresent();
    if (!replacing) {
      requireFree(target);
    }
    Path hidden = hidden(target);
    try {
      write(hidden, content);
      if (replacing) {
        Files.move(
            hidden, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      } else {
        storage.rename(hidden, target);
      }
    } catch (IOException | RuntimeException e) {
      discard(hidden, e);
      throw e;
    }
    storage.syncDirectory(parent(target));
  }

  /**
   * Writes a directory of files.
   *
   * @param files by name
   * @throws FileAlreadyExistsException if there is an entry of that name
   * @throws IllegalArgumentException if a name cannot be a file's
   * @throws IOException if it cannot be written; then nothing has changed
   */
  public void directory(Path target, Map<String, FileContent> files) throws IOException {
    files.keySet().forEach(FileName::require);
    requireFree(target);
    Path hidden = hidden(target);
    try {
      storage.createDirectory(hidden);
      for (Map.Entry<String, FileContent> file : files.entrySet()) {
        write(hidden.resolve(file.getKey()), file.getValue());
      }
      storage.syncDirectory(hidden);
      storage.rename(hidden, target);
    } catch (IOException | RuntimeException e) {
      discard(hidden, e);
      throw e;
    }
    storage.syncDirectory(parent(target));
  }

  private void write(Path file, FileContent content) throws IOException {
    storage.write(file, content, written);
    storage.sync(file);
  }

  private void requireFree(Path target) throws IOException {
    if (storage.find(target).isPresent()) {
      throw new FileAlreadyExistsException(
          target.toString(), null, "it is there already; give another name, or remove it first");
    }
  }

  private void discard(Path hidden, Exception failure) {
    try {
      if (storage.find(hidden).isPresent()) {
        Removal.entry(storage, hidden);
      }
    } catch (IOException e) {
      failure.addSuppressed(e);
    }
  }

  /** A name that no other writer has chosen for the same place. */
  private static Path hidden(Path target) {
    String random = HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong());
    return parent(target).resolve("." + target.getFileName() + ".tmp-" + random);
  }

  private static Path parent(Path target) {
    Path parent = target.toAbsolutePath().getParent();
    if (parent == null || target.getFileName() == null) {
      throw new IllegalArgumentException("'" + target + "' cannot be written: give a name in it");
    }
    return parent;
  }
}
