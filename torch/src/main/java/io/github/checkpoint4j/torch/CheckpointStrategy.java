package io.github.checkpoint4j.torch;

/**
 * When the {@link Trainer} saves: never, after a number of steps, each epoch, or whenever an
 * evaluation finds a new best.
 */
public enum CheckpointStrategy {
  NO,
  STEPS,
  EPOCH,
  BEST
}
