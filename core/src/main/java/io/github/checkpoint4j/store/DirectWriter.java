package io.github.checkpoint4j.store;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.AsynchronousFileChannel;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;

/**
 * Writes a file past the page cache (O_DIRECT): one stage is filled while others are on their way
 * to the disk. That takes whole blocks. What is left at the end goes through the page cache, and so
 * does all that is not taken directly, whatever the reason: a reason against any write is met there
 * again. The JDK writes on threads of its own.
 */
final class DirectWriter implements Checksummer.Sink<IOException>, AutoCloseable {
  /**
   * The bytes of which addresses, offsets and lengths of direct writes are multiples: the block of
   * most disks, or a multiple of it. A disk of larger ones refuses.
   */
  static final long BLOCK = 4096;

  /**
   * The JDK's option for direct access. It is looked up by name because an image of the JDK may be
   * without it, and because javac has a warning for it that nothing suppresses.
   */
  private static final Optional<OpenOption> DIRECT = option();

  /** A stage, or the part of one that was filled, whose write was begun. */
  private record Write(
      MemorySegment stage, MemorySegment bytes, long offset, Future<Integer> taken) {}

  private final FileChannel cached;
  private final AsynchronousFileChannel direct;
  private final Stages stages;
  private final Deque<Write> underWay = new ArrayDeque<>();
  private MemorySegment stage = MemorySegment.NULL;
  private long offset;
  private boolean refused;

  /**
   * @param cached the file, empty, through the page cache
   * @param direct the same file past it; closed with this
   */
  DirectWriter(FileChannel cached, AsynchronousFileChannel direct, Stages stages) {
    this.cached = cached;
    this.direct = direct;
    this.stages = stages;
  }

  /** Opens a file for direct writes; empty if the system or the file system has no such thing. */
  static Optional<AsynchronousFileChannel> open(Path file) {
    if (DIRECT.isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          AsynchronousFileChannel.open(file, Set.of(StandardOpenOption.WRITE, DIRECT.get()), null));
    } catch (IOException | UnsupportedOperationException e) {
      return Optional.empty();
    }
  }

  private static Optional<OpenOption> option() {
    try {
      for (Object option :
          Class.forName("com.sun.nio.file.ExtendedOpenOption").getEnumConstants()) {
        if (option instanceof OpenOption direct && direct.toString().equals("DIRECT")) {
          return Optional.of(direct);
        }
      }
    } catch (ClassNotFoundException e) {
      // Then there is none.
    }
    return Optional.empty();
  }

  @Override
  public MemorySegment stage() throws IOException {
    if (underWay.size() == Stages.PER_FILE) {
      finishOldest();
    }
    stage = stages.take();
    return stage;
  }

  @Override
  public void put(MemorySegment filled) throws IOException {
    if (Thread.currentThread().isInterrupted()) {
      throw new ClosedByInterruptException();
    }
    long whole = refused ? 0 : filled.byteSize() / BLOCK * BLOCK;
    MemorySegment blocks = filled.asSlice(0, whole);
    underWay.add(new Write(stage, filled, offset, direct.write(blocks.asByteBuffer(), offset)));
    stage = MemorySegment.NULL;
    offset += filled.byteSize();
  }

  /** Returns when all is written. */
  void finish() throws IOException {
    while (!underWay.isEmpty()) {
      finishOldest();
    }
  }

  private void finishOldest() throws IOException {
    Write write = underWay.element();
    try {
      int taken = write.taken().get();
      CachedWriter.write(cached, write.bytes().asSlice(taken), write.offset() + taken);
    } catch (InterruptedException e) {
      // As a write by this thread would answer.
      Thread.currentThread().interrupt();
      throw new ClosedByInterruptException();
    } catch (ExecutionException e) {
      refused = true;
      try {
        CachedWriter.write(cached, write.bytes(), write.offset());
      } catch (IOException again) {
        again.addSuppressed(e.getCause() == null ? e : e.getCause());
        throw again;
      }
    }
    stages.giveBack(underWay.remove().stage());
  }

  /**
   * Ends what is under way, after a failure. A stage that may still be read is left to the garbage
   * collector.
   */
  @Override
  public void close() throws IOException {
    try {
      direct.close();
    } finally {
      for (Write write : underWay) {
        if (write.taken().isDone()) {
          stages.giveBack(write.stage());
        }
      }
      if (stage.byteSize() > 0) {
        stages.giveBack(stage);
      }
    }
  }
}
