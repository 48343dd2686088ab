package io.github.checkpoint4j.torch;

/** The learning-rate schedules the {@link Trainer} makes by name. */
public enum SchedulerType {
  /** Warm-up, then down to 0 in a straight line. */
  LINEAR,
  /** Warm-up, then down to 0 along half a cosine. */
  COSINE,
  /** The learning rate as given. */
  CONSTANT,
  /** Warm-up, then the learning rate as given. */
  CONSTANT_WITH_WARMUP
}
