package io.github.checkpoint4j.keras.callbacks;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A file that grows by records. Each is handed to the operating system at once, so a kill loses
 * none that was written, and one that is being written at most; {@link #sync} also keeps them over
 * a power loss.
 */
final class LogFile implements AutoCloseable {
  private final FileChannel channel;
  private long size;

  private LogFile(FileChannel channel, long size) throws IOException {
    this.channel = channel;
    this.size = size;
    channel.position(size);
  }

  /**
   * Opens a file, and creates it and the directories around it if they are missing.
   *
   * @param append whether what is in it stays
   */
  static LogFile open(Path path, boolean append) throws IOException {
    Files.createDirectories(path.toAbsolutePath().resolveSibling(""));
    FileChannel channel =
        FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    return opened(channel, append ? channel.size() : 0);
  }

  /**
   * Opens a file as it was when it had this size: what came after is cut off.
   *
   * @throws IOException if it is missing or shorter; it is left as it is then
   */
  static LogFile reopen(Path path, long size) throws IOException {
    try {
      FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE);
      if (channel.size() < size) {
        channel.close();
        throw missing(path, size, "has " + Files.size(path));
      }
      return opened(channel, size);
    } catch (NoSuchFileException e) {
      throw missing(path, size, "is not there");
    }
  }

  private static IOException missing(Path path, long size, String found) {
    return new IOException(
        "%s had %d bytes when the checkpoint was saved and %s; put it back, or resume with restoreCallbackStatesFromCheckpoint false to begin it anew"
            .formatted(path, size, found));
  }

  private static LogFile opened(FileChannel channel, long size) throws IOException {
    try {
      channel.truncate(size);
      return new LogFile(channel, size);
    } catch (IOException e) {
      channel.close();
      throw e;
    }
  }

  /** The bytes in it. */
  long size() {
    return size;
  }

  void write(byte[] record) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(record);
    while (bytes.hasRemaining()) {
      size += channel.write(bytes);
    }
  }

  void sync() throws IOException {
    channel.force(true);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
