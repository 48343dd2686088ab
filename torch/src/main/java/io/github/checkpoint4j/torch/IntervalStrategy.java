package io.github.checkpoint4j.torch;

/** When something recurrent is done in training: never, after a number of steps, or each epoch. */
public enum IntervalStrategy {
  NO,
  STEPS,
  EPOCH
}
