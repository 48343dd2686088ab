package io.github.checkpoint4j.cli;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Memory for tensors that are made anew: a file without a name that lasts, beside the target, so
 * that a model of any size is converted in little memory. A full disk ends in an {@link
 * IOException} before any of it is used.
 */
final class Spool implements AutoCloseable {
  /** So that elements of any dtype lie as the processor likes them. */
  private static final long ALIGNMENT = 64;

  private final Path directory;
  private final FileChannel channel;
  private final Arena arena = Arena.ofShared();
  private long size;

  private Spool(Path directory, FileChannel channel) {
    this.directory = directory;
    this.channel = channel;
  }

  /** One in this directory. */
  static Spool in(Path directory) throws IOException {
    Path path = Files.createTempFile(directory, ".ckpt-convert-", ".tmp");
    try {
      return new Spool(
          directory,
          FileChannel.open(
              path,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE,
              StandardOpenOption.DELETE_ON_CLOSE));
    } catch (IOException | RuntimeException e) {
      Files.deleteIfExists(path);
      throw e;
    }
  }

  /**
   * So many bytes, all of them zero.
   *
   * @throws IOException if there is not as much space
   */
  MemorySegment allocate(long bytes) throws IOException {
    if (bytes == 0) {
      return MemorySegment.NULL;
    }
    long at = size;
    size = Math.addExact(at, bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    long usable = Files.getFileStore(directory).getUsableSpace();
    if (usable < bytes) {
      // A mapping of a file that cannot grow would end the process when it is written to.
      throw new FileSystemException(
          directory.toString(),
          null,
          "%s are needed to make tensors anew, %s are free; free some space, or use another disk"
              .formatted(Quantities.size(bytes), Quantities.size(usable)));
    }
    return channel.map(FileChannel.MapMode.READ_WRITE, at, bytes, arena);
  }

  @Override
  public void close() throws IOException {
    arena.close();
    channel.close();
  }
}
