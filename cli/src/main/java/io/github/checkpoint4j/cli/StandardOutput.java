package io.github.checkpoint4j.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Optional;

/**
 * The process's standard output. It remembers why a write failed, which a {@link
 * java.io.PrintStream} does not.
 */
final class StandardOutput extends OutputStream {
  private final OutputStream out;
  private Optional<String> failure = Optional.empty();

  StandardOutput() {
    this(new FileOutputStream(FileDescriptor.out));
  }

  StandardOutput(OutputStream out) {
    this.out = out;
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    try {
      out.write(bytes, offset, length);
    } catch (IOException e) {
      failure = Optional.of(String.valueOf(e.getMessage()));
      throw e;
    }
  }

  /** Why not everything was written; empty if it was, or if the reader had enough and went away. */
  Optional<String> failure() {
    return failure.filter(reason -> !reason.contains("Broken pipe"));
  }
}
