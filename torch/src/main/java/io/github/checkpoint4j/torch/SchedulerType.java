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
  CONSTANT_WITH_WARMUP;

  LearningRateSchedule schedule(long warmup, long total) {
    return switch (this) {
      case LINEAR -> LearningRateSchedule.linear(warmup, total);
      case COSINE -> LearningRateSchedule.cosine(warmup, total);
      case CONSTANT -> LearningRateSchedule.constant();
      case CONSTANT_WITH_WARMUP -> LearningRateSchedule.constantWithWarmup(warmup);
    };
  }
}
