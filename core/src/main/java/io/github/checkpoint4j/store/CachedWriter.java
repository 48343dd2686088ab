package io.github.checkpoint4j.store;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/** Writes a file through the page cache, a stage at a time. */
final class CachedWriter implements Checksummer.Sink<IOException> {
  private final FileChannel channel;
  private final MemorySegment stage;
  private long offset;

  /**
   * @param channel the file, empty
   * @param stage of at least one byte
   */
  CachedWriter(FileChannel channel, MemorySegment stage) {
    this.channel = channel;
    this.stage = stage;
  }

  @Override
  public MemorySegment stage() {
    return stage;
  }

  @Override
  public void put(MemorySegment filled) throws IOException {
    write(channel, filled, offset);
    offset += filled.byteSize();
  }

  /** Writes all of it, in as many calls as the system makes of it. */
  static void write(FileChannel channel, MemorySegment bytes, long offset) throws IOException {
    ByteBuffer buffer = bytes.asByteBuffer();
    while (buffer.hasRemaining()) {
      channel.write(buffer, offset + buffer.position());
    }
  }
}
