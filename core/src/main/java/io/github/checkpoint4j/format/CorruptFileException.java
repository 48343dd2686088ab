package io.github.checkpoint4j.format;

import java.io.IOException;

/**
 * A file is damaged, cut short, or not what its format demands. The message says what, where (file,
 * byte, tensor), what was expected and found, and what to do next.
 */
public final class CorruptFileException extends IOException {
  private static final long serialVersionUID = 1L;

  public CorruptFileException(String message) {
    super(message);
  }

  public CorruptFileException(String message, Throwable cause) {
    super(message, cause);
  }
}
