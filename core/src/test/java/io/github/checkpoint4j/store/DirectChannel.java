package io.github.checkpoint4j.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousFileChannel;
import java.nio.channels.CompletionHandler;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/** A channel to a file whose writes go as a test says. It takes whole blocks, as a disk does. */
final class DirectChannel extends AsynchronousFileChannel {
  /** What comes of a write. */
  @FunctionalInterface
  interface Outcome {
    /**
     * Does the write, or does not.
     *
     * @param number of the write in the file, from 1
     * @param to where the bytes go if they do
     */
    Future<Integer> of(int number, ByteBuffer bytes, long offset, AsynchronousFileChannel to);
  }

  private final AsynchronousFileChannel to;
  private final Outcome outcome;
  private final AtomicInteger writes = new AtomicInteger();

  private DirectChannel(AsynchronousFileChannel to, Outcome outcome) {
    this.to = to;
    this.outcome = outcome;
  }

  /** A storage on whose files direct writes go like this. */
  static LocalStorage storage(Outcome outcome) {
    return new LocalStorage(opening(outcome));
  }

  private static Function<Path, Optional<AsynchronousFileChannel>> opening(Outcome outcome) {
    return file -> {
      try {
        return Optional.of(
            new DirectChannel(
                AsynchronousFileChannel.open(file, StandardOpenOption.WRITE), outcome));
      } catch (IOException e) {
        throw new AssertionError("the file is there", e);
      }
    };
  }

  /** Every write is taken. */
  static Outcome willing() {
    return (number, bytes, offset, to) -> to.write(bytes, offset);
  }

  /** Refuses writes from this one on. */
  static Outcome refusingFrom(int first) {
    return (number, bytes, offset, to) ->
        number < first
            ? to.write(bytes, offset)
            : CompletableFuture.failedFuture(new IOException("Invalid argument"));
  }

  /** Takes of each write at most so many bytes. */
  static Outcome takingAtMost(int most) {
    return (number, bytes, offset, to) ->
        to.write(bytes.slice(0, Math.min(most, bytes.remaining())), offset);
  }

  /** Never comes to an end with this write. */
  static Outcome hangingAt(int hanging) {
    return (number, bytes, offset, to) ->
        number < hanging ? to.write(bytes, offset) : new CompletableFuture<>();
  }

  @Override
  public Future<Integer> write(ByteBuffer bytes, long offset) {
    if (bytes.remaining() % DirectWriter.BLOCK != 0 || offset % DirectWriter.BLOCK != 0) {
      return CompletableFuture.failedFuture(
          new AssertionError(bytes.remaining() + " bytes at " + offset + " are not whole blocks"));
    }
    return outcome.of(writes.incrementAndGet(), bytes, offset, to);
  }

  @Override
  public void close() throws IOException {
    to.close();
  }

  @Override
  public boolean isOpen() {
    return to.isOpen();
  }

  @Override
  public long size() {
    throw new UnsupportedOperationException();
  }

  @Override
  public AsynchronousFileChannel truncate(long size) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void force(boolean metaData) {
    throw new UnsupportedOperationException();
  }

  @Override
  public <A> void lock(
      long position,
      long size,
      boolean shared,
      A attachment,
      CompletionHandler<FileLock, ? super A> handler) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Future<FileLock> lock(long position, long size, boolean shared) {
    throw new UnsupportedOperationException();
  }

  @Override
  public FileLock tryLock(long position, long size, boolean shared) {
    throw new UnsupportedOperationException();
  }

  @Override
  public <A> void read(
      ByteBuffer bytes, long offset, A attachment, CompletionHandler<Integer, ? super A> handler) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Future<Integer> read(ByteBuffer bytes, long offset) {
    throw new UnsupportedOperationException();
  }

  @Override
  public <A> void write(
      ByteBuffer bytes, long offset, A attachment, CompletionHandler<Integer, ? super A> handler) {
    throw new UnsupportedOperationException();
  }
}
