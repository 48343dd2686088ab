package io.github.checkpoint4j.store;

import io.github.checkpoint4j.format.CorruptFileException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * The bytes of a file, mapped: opening takes the same time whatever the size, and only what is
 * looked at is read. Any thread may read them, until {@link #close}.
 */
public final class MappedFile implements AutoCloseable {
  /** Of the page sizes in use the smallest. */
  private static final long PAGE = 4096;

  private final Path path;
  private final Arena arena;
  private final MemorySegment bytes;

  private MappedFile(Path path, Arena arena, MemorySegment bytes) {
    this.path = path;
    this.arena = arena;
    this.bytes = bytes.asReadOnly();
  }

  /**
   * Maps a file.
   *
   * @throws java.nio.file.NoSuchFileException if it is missing
   * @throws IOException if it cannot be read, or is a directory
   */
  public static MappedFile open(Path path) throws IOException {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      return of(path, channel);
    }
  }

  /** Maps the file of a channel, which may be closed then. */
  static MappedFile of(Path path, FileChannel channel) throws IOException {
    Arena arena = Arena.ofShared();
    try {
      return new MappedFile(path, arena, channel.map(MapMode.READ_ONLY, 0, channel.size(), arena));
    } catch (IOException | RuntimeException e) {
      arena.close();
      throw e;
    }
  }

  /** A copy of {@code bytes} as if it were a mapped file, for a {@link Storage} without a disk. */
  public static MappedFile copyOf(Path path, MemorySegment bytes) {
    return copyOf(path, bytes, Arena.ofShared());
  }

  /** A copy in this arena, which it closes; who may read it follows from the arena. */
  static MappedFile copyOf(Path path, MemorySegment bytes, Arena arena) {
    MemorySegment copy = arena.allocate(bytes.byteSize(), 64);
    MemorySegment.copy(bytes, 0, copy, 0, bytes.byteSize());
    return new MappedFile(path, arena, copy);
  }

  /** What is made of the bytes of a file. */
  @FunctionalInterface
  public interface Reading<T> {
    T of(MemorySegment bytes) throws IOException;
  }

  /**
   * What {@code reading} makes of the bytes. If the file is cut short under the mapping, or its
   * device fails, the Java virtual machine has an {@link InternalError} for reads by its own code;
   * bytes that are handed to native code or to {@link MemorySegment#mismatch} end the process then.
   *
   * @throws CorruptFileException if the file was cut short or its device failed
   */
  public <T> T read(Reading<T> reading) throws IOException {
    try {
      return reading.of(bytes);
    } catch (InternalError e) {
      throw new CorruptFileException(
          path
              + " cannot be read any more: it was cut short while it was open, or its device failed."
              + " Use another checkpoint, or restore the file from a copy.",
          e);
    }
  }

  /**
   * Reads a byte of every page, to see whether it is there.
   *
   * @throws CorruptFileException as {@link #read}
   */
  void touch() throws IOException {
    read(
        mapped -> {
          long sum = 0;
          for (long at = 0; at < mapped.byteSize(); at += PAGE) {
            sum += mapped.get(ValueLayout.JAVA_BYTE, at);
          }
          return sum;
        });
  }

  /** The bytes, read-only. Using them after {@link #close} throws {@link IllegalStateException}. */
  public MemorySegment bytes() {
    return bytes;
  }

  public Path path() {
    return path;
  }

  public long size() {
    return bytes.byteSize();
  }

  /** Ends the mapping; does nothing the second time. */
  @Override
  public void close() {
    if (arena.scope().isAlive()) {
      arena.close();
    }
  }
}
