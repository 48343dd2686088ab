package io.github.checkpoint4j.cli;

/**
 * What was asked for is not done, though nothing is broken; the message says why and what to do.
 */
final class RefusedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  RefusedException(String message) {
    super(message);
  }
}
