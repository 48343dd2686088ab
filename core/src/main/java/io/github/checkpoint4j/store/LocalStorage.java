package io.github.checkpoint4j.store;

import io.github.checkpoint4j.format.FileContent;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.AsynchronousFileChannel;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.LongConsumer;
import java.util.stream.Stream;

/**
 * A file system of this machine.
 *
 * <p>A directory is synced through a channel on it, which Windows does not allow: there {@link
 * #syncDirectory} only looks whether it is there, and NTFS's journal decides.
 *
 * <p>A file of 1 MiB or more is written past the page cache, where the file system can: that is as
 * fast as the disk, and leaves the cache to others. Little is left for {@link #sync} to do then,
 * and the first to read the file reads it from the disk. For this, 24 MiB of native memory are
 * kept.
 *
 * <p>A thread that is interrupted while it writes or syncs gets a {@link
 * java.nio.channels.ClosedByInterruptException}, as from any failing device.
 */
public final class LocalStorage implements Storage {
  private static final boolean WINDOWS =
      System.getProperty("os.name", "").toLowerCase(Locale.ROOT).startsWith("windows");

  /** Bytes; a smaller file takes no longer through the page cache. Measured on virtual disks. */
  static final long DIRECT_FROM = 1L << 20;

  private static final LocalStorage INSTANCE = new LocalStorage(DirectWriter::open);

  private final Function<Path, Optional<AsynchronousFileChannel>> openDirect;
  private final Stages stages = new Stages();

  /**
   * @param openDirect opens a file for {@link DirectWriter}; empty if that is not possible
   */
  LocalStorage(Function<Path, Optional<AsynchronousFileChannel>> openDirect) {
    this.openDirect = openDirect;
  }

  public static LocalStorage instance() {
    return INSTANCE;
  }

  @Override
  public void createDirectory(Path directory) throws IOException {
    Files.createDirectory(directory);
  }

  @Override
  public FileChecksums write(Path file, FileContent content) throws IOException {
    return write(file, content, _ -> {});
  }

  @Override
  public FileChecksums write(Path file, FileContent content, LongConsumer taken)
      throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      Optional<AsynchronousFileChannel> direct =
          content.size() < DIRECT_FROM ? Optional.empty() : openDirect.apply(file);
      if (direct.isPresent()) {
        try (DirectWriter writer = new DirectWriter(channel, direct.get(), stages)) {
          FileChecksums checksums = Checksummer.pass(content, writer, taken);
          writer.finish();
          return checksums;
        }
      }
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment stage = arena.allocate(Math.clamp(content.size(), 1, Stages.SIZE));
        return Checksummer.pass(content, new CachedWriter(channel, stage), taken);
      }
    }
  }

  @Override
  public void sync(Path file) throws IOException {
    try (FileChannel channel = openToSync(file)) {
      channel.force(true);
    }
  }

  private static FileChannel openToSync(Path file) throws IOException {
    try {
      return FileChannel.open(file, StandardOpenOption.WRITE);
    } catch (AccessDeniedException e) {
      // A file that is shared may be kept from being written. POSIX syncs it all the same.
      if (WINDOWS) {
        throw e;
      }
      return FileChannel.open(file, StandardOpenOption.READ);
    }
  }

  @Override
  public void syncDirectory(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      throw Files.exists(directory)
          ? new NotDirectoryException(directory.toString())
          : new NoSuchFileException(directory.toString());
    }
    if (WINDOWS) {
      return;
    }
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  @Override
  public void rename(Path source, Path target) throws IOException {
    // An atomic move silently replaces a file or an empty directory.
    if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
      throw new FileAlreadyExistsException(target.toString());
    }
    Files.move(source, target, StandardCopyOption.ATOMIC_MOVE);
  }

  @Override
  public boolean link(Path existing, Path name) throws IOException {
    try {
      Files.createLink(name, existing);
      return true;
    } catch (UnsupportedOperationException e) {
      return false;
    } catch (FileSystemException e) {
      // What has a class of its own is told by it. All else (EPERM where there are no links,
      // EMLINK,
      // EXDEV) leaves the way of writing the file, which meets what is wrong with the disk itself.
      if (e.getClass() == FileSystemException.class) {
        return false;
      }
      throw e;
    }
  }

  @Override
  public void deleteFile(Path file) throws IOException {
    if (Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS)) {
      throw new IOException(file + " is a directory, not a file");
    }
    Files.delete(file);
  }

  @Override
  public void removeDirectory(Path directory) throws IOException {
    if (Files.exists(directory, LinkOption.NOFOLLOW_LINKS)
        && !Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
      throw new NotDirectoryException(directory.toString());
    }
    Files.delete(directory);
  }

  @Override
  public List<Entry> list(Path directory) throws IOException {
    List<Entry> entries = new ArrayList<>();
    try (Stream<Path> paths = Files.list(directory)) {
      for (Path path : (Iterable<Path>) paths::iterator) {
        // One that vanished since then is not an entry any more.
        find(path).ifPresent(kind -> entries.add(new Entry(path.getFileName().toString(), kind)));
      }
    }
    entries.sort(Comparator.comparing(Entry::name));
    return List.copyOf(entries);
  }

  @Override
  public OpenDirectory openDirectory(Path directory) throws IOException {
    return LocalDirectory.open(directory);
  }

  @Override
  public Optional<Kind> find(Path path) throws IOException {
    BasicFileAttributes attributes;
    try {
      attributes = Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
    return Optional.of(
        attributes.isRegularFile()
            ? Kind.FILE
            : attributes.isDirectory()
                ? Kind.DIRECTORY
                : attributes.isSymbolicLink() ? Kind.LINK : Kind.OTHER);
  }

  @Override
  public long size(Path file) throws IOException {
    return Files.size(file);
  }

  @Override
  public Instant lastModified(Path path) throws IOException {
    return Files.getLastModifiedTime(path).toInstant();
  }

  @Override
  public MappedFile map(Path file) throws IOException {
    return MappedFile.open(file);
  }

  @Override
  public long usableSpace(Path directory) throws IOException {
    return Files.getFileStore(directory).getUsableSpace();
  }

  @Override
  public LockAttempt tryLock(Path file, String owner) throws IOException {
    return LocalLock.tryLock(file, owner);
  }

  @Override
  public String lockOwner(Path file) throws IOException {
    return LocalLock.owner(file);
  }
}
