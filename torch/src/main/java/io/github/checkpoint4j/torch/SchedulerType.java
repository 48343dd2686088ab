package io.github.checkpoint4j.torch;

/** The learning-rate schedules the {@link Trainer} makes by name. */
public enum SchedulerType {
  /** Warm-up, then down to 0 in a straight line. */
  LINEAR,
  /** Warm-up, then down to 0 along half a cosine. */
  COSINE,
  /**
   * As {@link #COSINE}. Hugging Face restarts as often as a kwarg says, once if it is not given.
   */
  COSINE_WITH_RESTARTS,
  /** Warm-up, then down to 1e-7 in a straight line. Hugging Face has other powers by a kwarg. */
  POLYNOMIAL,
  /** Warm-up, then down with the root of the steps, without an end. */
  INVERSE_SQRT,
  /** The learning rate as given. */
  CONSTANT,
  /** Warm-up, then the learning rate as given. */
  CONSTANT_WITH_WARMUP;

  /**
   * The schedule.
   *
   * @throws IllegalArgumentException if the learning rate is too small for it
   */
  LearningRateSchedule schedule(long warmup, long total, double learningRate) {
    return switch (this) {
      case LINEAR -> LearningRateSchedule.linear(warmup, total);
      case COSINE -> LearningRateSchedule.cosine(warmup, total);
      case COSINE_WITH_RESTARTS -> LearningRateSchedule.cosineWithRestarts(warmup, total, 1);
      case POLYNOMIAL -> LearningRateSchedule.polynomial(warmup, total, learningRate, 1e-7, 1);
      case INVERSE_SQRT -> LearningRateSchedule.inverseSqrt(warmup);
      case CONSTANT -> LearningRateSchedule.constant();
      case CONSTANT_WITH_WARMUP -> LearningRateSchedule.constantWithWarmup(warmup);
    };
  }
}
