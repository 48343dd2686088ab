package io.github.checkpoint4j.store;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** A small file system of its own, mounted for a test. It takes Linux and the right to mount. */
final class MountedDisk implements AutoCloseable {
  private final Path directory;

  private MountedDisk(Path directory) {
    this.directory = directory;
  }

  /** One in memory, of so many bytes; empty if it cannot be mounted here. */
  static Optional<MountedDisk> tmpfs(Path parent, long size) throws IOException {
    return mount(parent, "-t", "tmpfs", "-o", "size=" + size, "checkpoint4j-test");
  }

  /** One on a file of so many bytes; empty if it cannot be made or mounted here. */
  static Optional<MountedDisk> ext4(Path parent, long size) throws IOException {
    Path image = parent.resolve("image");
    try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
      file.setLength(size);
    }
    return run("mkfs.ext4", "-q", image.toString())
        ? mount(parent, "-o", "loop", image.toString())
        : Optional.empty();
  }

  private static Optional<MountedDisk> mount(Path parent, String... arguments) throws IOException {
    Path directory = Files.createDirectory(parent.resolve("disk"));
    String[] command = new String[arguments.length + 2];
    command[0] = "mount";
    System.arraycopy(arguments, 0, command, 1, arguments.length);
    command[command.length - 1] = directory.toString();
    return run(command) ? Optional.of(new MountedDisk(directory)) : Optional.empty();
  }

  Path directory() {
    return directory;
  }

  @Override
  public void close() {
    run("umount", directory.toString());
  }

  /** Whether a command could be run and succeeded. */
  private static boolean run(String... command) {
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      return process.waitFor(10, TimeUnit.SECONDS) && process.exitValue() == 0;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      throw new AssertionError("interrupted", e);
    }
  }
}
