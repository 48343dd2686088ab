package io.github.checkpoint4j.store;

import io.github.checkpoint4j.store.Storage.LockAttempt;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The operating system's lock on a file.
 *
 * <p>On POSIX systems a process loses its locks on a file as soon as it closes any channel on it
 * (fcntl, "Record locks"). So a file whose lock this class holds is not opened again: {@link #HELD}
 * answers for it. And a channel that finds the lock held by another class loader's copy of this
 * class stays open, in {@link #IN_USE}, for the next attempt.
 */
final class LocalLock implements Storage.Lock {
  private static final int LONGEST_OWNER = 4096;

  private static final Map<Path, LockAttempt.Held> HELD = new HashMap<>();
  private static final Map<Path, FileChannel> IN_USE = new HashMap<>();

  /** Channels for reading that cannot be closed without ending a lock of this process. */
  private static final Map<Path, FileChannel> READING = new HashMap<>();

  private final Path file;
  private final FileChannel channel;
  private final FileLock lock;
  private final Optional<Object> key;

  private LocalLock(Path file, FileChannel channel, FileLock lock) throws IOException {
    this.file = file;
    this.channel = channel;
    this.lock = lock;
    this.key = key(file);
  }

  /**
   * Device and inode of a file; empty where there are none: on Windows, which keeps a file that is
   * open from being deleted.
   */
  private static Optional<Object> key(Path file) throws IOException {
    return Optional.ofNullable(Files.readAttributes(file, BasicFileAttributes.class).fileKey());
  }

  static LockAttempt tryLock(Path file, String owner) throws IOException {
    byte[] text = owner.getBytes(StandardCharsets.UTF_8);
    if (text.length > LONGEST_OWNER) {
      throw new IllegalArgumentException(
          "an owner of " + text.length + " bytes is too long, " + LONGEST_OWNER + " is the most");
    }
    synchronized (HELD) {
      Path real = file.resolveSibling(".").toRealPath().resolve(file.getFileName());
      LockAttempt.@Nullable Held held = HELD.get(real);
      if (held != null) {
        return held;
      }
      @Nullable FileChannel kept = IN_USE.remove(real);
      FileChannel channel =
          kept != null
              ? kept
              : FileChannel.open(
                  real,
                  StandardOpenOption.CREATE,
                  StandardOpenOption.READ,
                  StandardOpenOption.WRITE);
      boolean keep = false;
      try {
        @Nullable FileLock lock = channel.tryLock();
        if (lock == null) {
          return held(real, read(channel));
        }
        String previous = read(channel);
        channel.truncate(0);
        channel.write(ByteBuffer.wrap(text), 0);
        LocalLock taken = new LocalLock(real, channel, lock);
        HELD.put(real, held(real, owner));
        keep = true;
        return new LockAttempt.Taken(taken, previous);
      } catch (OverlappingFileLockException e) {
        IN_USE.put(real, channel);
        keep = true;
        return held(real, read(channel));
      } finally {
        if (!keep) {
          channel.close();
        }
      }
    }
  }

  /** What is in the file; empty if there is none. */
  static String owner(Path file) throws IOException {
    synchronized (HELD) {
      Path real = file.resolveSibling(".").toRealPath().resolve(file.getFileName());
      LockAttempt.@Nullable Held held = HELD.get(real);
      if (held != null) {
        return held.owner();
      }
      @Nullable FileChannel kept = IN_USE.getOrDefault(real, READING.get(real));
      if (kept != null) {
        return read(kept);
      }
      FileChannel channel;
      try {
        channel = FileChannel.open(real, StandardOpenOption.READ);
      } catch (NoSuchFileException e) {
        return "";
      }
      boolean keep = false;
      try {
        String text = read(channel);
        keep = LockOwner.parse(text).filter(LockOwner::isThisProcess).isPresent();
        if (keep) {
          READING.put(real, channel);
        }
        return text;
      } finally {
        if (!keep) {
          channel.close();
        }
      }
    }
  }

  private static LockAttempt.Held held(Path file, String owner) throws IOException {
    return new LockAttempt.Held(owner, Files.getLastModifiedTime(file).toInstant());
  }

  private static String read(FileChannel channel) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(LONGEST_OWNER);
    while (buffer.hasRemaining() && channel.read(buffer, buffer.position()) >= 0) {}
    return new String(buffer.array(), 0, buffer.position(), StandardCharsets.UTF_8);
  }

  @Override
  public boolean isHeld() throws IOException {
    try {
      return lock.isValid() && key.equals(key(file));
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  @Override
  public void close() throws IOException {
    synchronized (HELD) {
      if (!channel.isOpen()) {
        return;
      }
      // An interrupt would end the truncation: whoever opens next would hear of a killed writer.
      boolean interrupted = Thread.interrupted();
      try (channel) {
        if (lock.isValid()) {
          channel.truncate(0);
        }
      } finally {
        HELD.remove(file);
        if (interrupted) {
          Thread.currentThread().interrupt();
        }
      }
    }
  }
}
