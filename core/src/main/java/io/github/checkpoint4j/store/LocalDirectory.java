package io.github.checkpoint4j.store;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.util.Collections;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A directory of this machine that is open. Where the system has {@code openat} (POSIX), its files
 * are found through the descriptor of the directory; elsewhere by its path.
 */
final class LocalDirectory implements Storage.OpenDirectory {
  private final Path path;
  private final DirectoryStream<Path> stream;
  private final Object identity;
  private final SortedMap<String, Long> files;

  private LocalDirectory(Path path, DirectoryStream<Path> stream) throws IOException {
    this.path = path;
    this.stream = stream;
    this.identity = identity(attributes());
    this.files = Collections.unmodifiableSortedMap(list());
  }

  @SuppressWarnings("StreamResourceLeak") // The directory closes it.
  static LocalDirectory open(Path path) throws IOException {
    DirectoryStream<Path> stream = Files.newDirectoryStream(path);
    try {
      return new LocalDirectory(path, stream);
    } catch (IOException | RuntimeException e) {
      stream.close();
      throw e;
    }
  }

  /** What tells a directory from others: device and inode; where there are none, its creation. */
  private static Object identity(BasicFileAttributes attributes) {
    return Objects.requireNonNullElse(attributes.fileKey(), attributes.creationTime());
  }

  private SortedMap<String, Long> list() throws IOException {
    SortedMap<String, Long> found = new TreeMap<>();
    try {
      for (Path entry : stream) {
        String name = entry.getFileName().toString();
        try {
          BasicFileAttributes attributes = attributes(name);
          if (attributes.isRegularFile()) {
            found.put(name, attributes.size());
          }
        } catch (AccessDeniedException e) {
          throw e;
        } catch (FileSystemException e) {
          // One that vanished since is not an entry any more; a link may lead nowhere, or to
          // itself.
        }
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    return found;
  }

  @Override
  public SortedMap<String, Long> files() {
    return files;
  }

  @Override
  public Instant lastModified() throws IOException {
    return attributes().lastModifiedTime().toInstant();
  }

  private BasicFileAttributes attributes() throws IOException {
    return stream instanceof SecureDirectoryStream<Path> secure
        ? secure.getFileAttributeView(BasicFileAttributeView.class).readAttributes()
        : Files.readAttributes(path, BasicFileAttributes.class);
  }

  private BasicFileAttributes attributes(String name) throws IOException {
    return stream instanceof SecureDirectoryStream<Path> secure
        ? secure.getFileAttributeView(Path.of(name), BasicFileAttributeView.class).readAttributes()
        : Files.readAttributes(path.resolve(name), BasicFileAttributes.class);
  }

  @Override
  public MappedFile map(String file) throws IOException {
    if (stream instanceof SecureDirectoryStream<Path> secure) {
      try (SeekableByteChannel channel =
          secure.newByteChannel(Path.of(file), Set.of(StandardOpenOption.READ))) {
        if (channel instanceof FileChannel mappable) {
          return MappedFile.of(path.resolve(file), mappable);
        }
      } catch (NoSuchFileException e) {
        throw new NoSuchFileException(path.resolve(file).toString());
      } catch (AccessDeniedException e) {
        throw new AccessDeniedException(path.resolve(file).toString());
      }
    }
    return MappedFile.open(path.resolve(file));
  }

  @Override
  public boolean isNamed() throws IOException {
    try {
      return identity.equals(identity(Files.readAttributes(path, BasicFileAttributes.class)));
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  @Override
  public void close() throws IOException {
    stream.close();
  }
}
