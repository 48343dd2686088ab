package io.github.checkpoint4j.store;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * The bytes of a file, mapped: opening takes the same time whatever the size, and only what is
 * looked at is read. Any thread may read them, until {@link #close}.
 */
public final class MappedFile implements AutoCloseable {
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
    Arena arena = Arena.ofShared();
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
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
