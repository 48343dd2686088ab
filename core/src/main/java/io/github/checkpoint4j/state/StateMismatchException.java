package io.github.checkpoint4j.state;

/**
 * A state dict does not fit what it is loaded into: an entry is missing, unexpected, of another
 * kind or of another shape. The message names the entry, what was expected and what was found.
 */
public final class StateMismatchException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  public StateMismatchException(String message) {
    super(message);
  }
}
