package io.github.checkpoint4j.store;

import java.io.IOException;

/**
 * Another writer has the run's directory. The message names it and says what to do; nothing was
 * changed.
 */
public final class CheckpointLockedException extends IOException {
  private static final long serialVersionUID = 1L;

  public CheckpointLockedException(String message) {
    super(message);
  }
}
