package io.github.checkpoint4j.keras.callbacks;

/** Which values of what is monitored are better: Keras's {@code mode}. */
public enum Mode {
  /**
   * The name tells: less of a loss is better, more of an accuracy ({@link
   * io.github.checkpoint4j.Direction#of}).
   */
  AUTO,
  /** Less is better. */
  MIN,
  /** More is better. */
  MAX
}
