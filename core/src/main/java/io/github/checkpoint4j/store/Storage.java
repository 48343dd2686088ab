package io.github.checkpoint4j.store;

import io.github.checkpoint4j.format.FileContent;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.function.LongConsumer;

/**
 * The disk as the store uses it. Every operation of the store on a disk is one call here, in an
 * order that depends on its arguments alone.
 *
 * <p>Each operation has the outcomes listed and no other: it does what it says, or throws {@link
 * IOException} (also for reasons not listed: no permission, no space, a failing device). What a
 * failed operation leaves behind is said with each.
 *
 * <p>Durability is asked for and never implied. After a power loss,
 *
 * <ul>
 *   <li>a file's bytes are those written if {@link #sync} returned after they were written;
 *       otherwise they may be all there, cut short, zero, or any mixture by blocks;
 *   <li>a creation, rename or deletion of an entry is kept if {@link #syncDirectory} of the
 *       directory it is in returned afterwards; otherwise it may be kept or undone, each by itself.
 * </ul>
 *
 * <p>It does not copy, append to a file or change one in place, follow a symbolic link when it
 * renames or deletes, or work across file systems.
 */
public interface Storage {

  /** What an entry of a directory is, without following a symbolic link. */
  enum Kind {
    FILE,
    DIRECTORY,
    LINK,
    OTHER
  }

  /** A name in a directory. */
  record Entry(String name, Kind kind) {}

  /** What came of an attempt to take a lock. */
  sealed interface LockAttempt {
    /**
     * The lock was taken.
     *
     * @param lock gives it up when closed
     * @param previousOwner what an owner that never gave it up had written; empty if the last owner
     *     closed it
     */
    record Taken(Lock lock, String previousOwner) implements LockAttempt {}

    /**
     * Someone else has it.
     *
     * @param owner what the owner wrote; empty if it had not come to that yet
     * @param since when the owner wrote it
     */
    record Held(String owner, Instant since) implements LockAttempt {}
  }

  /** A lock that was taken. */
  interface Lock extends AutoCloseable {
    /**
     * Whether it still keeps others out: it was not given up, and the name of its file leads to the
     * file that is locked. It does not if someone has deleted or replaced the file; whoever asks
     * for the lock now gets it.
     */
    boolean isHeld() throws IOException;

    /** Gives the lock up; does nothing the second time. The lock's file stays, empty. */
    @Override
    void close() throws IOException;
  }

  /**
   * A directory that is open for reading. It stays the one that was opened, whatever is renamed: no
   * file of another one that takes its name is seen.
   */
  interface OpenDirectory extends AutoCloseable {
    /**
     * The sizes in bytes of the files that were in it when it was opened, by name in the order of
     * {@link String#compareTo}. A link to a file counts as the file; one that leads nowhere, and
     * what is no file, is left out.
     */
    SortedMap<String, Long> files();

    /**
     * As {@link Storage#map}.
     *
     * @throws java.nio.file.NoSuchFileException if there is no file of this name
     */
    MappedFile map(String file) throws IOException;

    /** As {@link Storage#lastModified}, of the directory itself. */
    Instant lastModified() throws IOException;

    /** Whether the path that it was opened by leads to it. */
    boolean isNamed() throws IOException;

    /** Closes it; what was mapped stays mapped. */
    @Override
    void close() throws IOException;
  }

  /**
   * Creates an empty directory in a directory that is there. If it fails, there is none.
   *
   * @throws java.nio.file.FileAlreadyExistsException if there is an entry of that name
   * @throws java.nio.file.NoSuchFileException if the directory around it is missing
   */
  void createDirectory(Path directory) throws IOException;

  /**
   * Creates a file of this content. If it fails, the file may be there with any of its bytes, and
   * zeros for others; nothing is written to it any more.
   *
   * @return the checksums of the bytes as they were handed to the disk
   * @throws java.nio.file.FileAlreadyExistsException if there is an entry of that name; it is left
   *     as it is
   * @throws java.nio.file.NoSuchFileException if the directory is missing
   */
  FileChecksums write(Path file, FileContent content) throws IOException;

  /**
   * As {@link #write(Path, FileContent)}.
   *
   * @param taken is told how many more bytes were taken, once or again and again; what it throws
   *     ends the writing, as an {@link IOException} would
   */
  default FileChecksums write(Path file, FileContent content, LongConsumer taken)
      throws IOException {
    FileChecksums checksums = write(file, content);
    taken.accept(content.size());
    return checksums;
  }

  /**
   * Returns when the file's bytes and size are on the device. If it fails, nothing is known of the
   * bytes, and a later sync that succeeds does not vouch for them.
   *
   * @throws java.nio.file.NoSuchFileException if it is missing
   */
  void sync(Path file) throws IOException;

  /**
   * Returns when the entries of the directory are on the device.
   *
   * @throws java.nio.file.NoSuchFileException if it is missing
   */
  void syncDirectory(Path directory) throws IOException;

  /**
   * Gives a file, directory or link another name on the same file system, in one step: whoever
   * looks finds it under one of the names. If it fails, it has its old name.
   *
   * @throws java.nio.file.FileAlreadyExistsException if there is an entry called {@code target}
   * @throws java.nio.file.NoSuchFileException if there is no {@code source}
   */
  void rename(Path source, Path target) throws IOException;

  /**
   * Gives a file a further name on the same file system: both lead to the same bytes, and these
   * stay until the last name is deleted. It is durable as a creation is. If it fails, there is no
   * new name.
   *
   * @return whether it was done. It was not, and nothing was changed, if the file system has no
   *     second names, or gives this file no more of them
   * @throws java.nio.file.FileAlreadyExistsException if there is an entry called {@code name}
   * @throws java.nio.file.NoSuchFileException if there is no {@code existing}, or the directory of
   *     {@code name} is missing
   */
  boolean link(Path existing, Path name) throws IOException;

  /**
   * Deletes a file or a link. If it fails, it is still there.
   *
   * @throws java.nio.file.NoSuchFileException if it is missing
   */
  void deleteFile(Path file) throws IOException;

  /**
   * Removes an empty directory. If it fails, it is still there.
   *
   * @throws java.nio.file.NoSuchFileException if it is missing
   * @throws java.nio.file.DirectoryNotEmptyException if it has entries
   */
  void removeDirectory(Path directory) throws IOException;

  /**
   * The entries of a directory, by name in the order of {@link String#compareTo}; a link to a
   * directory is followed.
   *
   * @throws java.nio.file.NoSuchFileException if it is missing
   * @throws java.nio.file.NotDirectoryException if it is something else
   */
  List<Entry> list(Path directory) throws IOException;

  /**
   * Opens a directory for reading; a link to a directory is followed.
   *
   * @throws java.nio.file.NoSuchFileException if it is missing
   * @throws java.nio.file.NotDirectoryException if it is something else
   */
  OpenDirectory openDirectory(Path directory) throws IOException;

  /** What is there under this name; empty if nothing is. */
  Optional<Kind> find(Path path) throws IOException;

  /**
   * The size of a file in bytes; a link is followed.
   *
   * @throws java.nio.file.NoSuchFileException if it is missing
   */
  long size(Path file) throws IOException;

  /**
   * When a file's content, or a directory's entries, last changed; a link is followed.
   *
   * @throws java.nio.file.NoSuchFileException if it is missing
   */
  Instant lastModified(Path path) throws IOException;

  /**
   * The bytes of a file, read-only, without reading them; a link is followed. They are valid until
   * the result is closed, also if the file is deleted or renamed.
   *
   * @throws java.nio.file.NoSuchFileException if it is missing
   */
  MappedFile map(Path file) throws IOException;

  /** The bytes that may still be written to the file system of this directory. */
  long usableSpace(Path directory) throws IOException;

  /**
   * Takes the lock that a file stands for, if no one has it; creates the file. The operating system
   * gives it up when the process ends, however it ends. It keeps out others who ask for it, in this
   * process or another on a file system with working locks, and no one else.
   *
   * @param owner what to write into the file, for others to read; at most 4096 bytes of UTF-8
   */
  LockAttempt tryLock(Path file, String owner) throws IOException;

  /**
   * What the owner of a lock wrote into its file, be it that the owner has the lock or never gave
   * it up; empty if the last owner gave it up, or there is no such file. Takes no lock and changes
   * nothing.
   */
  String lockOwner(Path file) throws IOException;
}
