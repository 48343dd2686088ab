package io.github.checkpoint4j.torch;

/**
 * What a learning rate is multiplied by at each step: pure, so that a step needs no history.
 *
 * <p>The factories compute what transformers' schedules of the same names do, to the last bit.
 *
 * @see <a
 *     href="https://github.com/huggingface/transformers/blob/main/src/transformers/optimization.py">transformers/optimization.py</a>
 */
@FunctionalInterface
public interface LearningRateSchedule {
  /**
   * The factor at a step.
   *
   * @param step the number of steps made before, from 0
   */
  double multiplier(long step);

  /** Always 1. */
  static LearningRateSchedule constant() {
    return _ -> 1.0;
  }

  /**
   * From 0 up to 1 in {@code warmup} steps, then 1.
   *
   * @throws IllegalArgumentException if {@code warmup} is negative
   */
  static LearningRateSchedule constantWithWarmup(long warmup) {
    requireSteps(warmup, warmup);
    return step -> step < warmup ? rise(step, warmup) : 1.0;
  }

  /**
   * From 0 up to 1 in {@code warmup} steps, then straight down to 0 at {@code total}, and 0 after.
   *
   * @throws IllegalArgumentException if a number of steps is negative
   */
  static LearningRateSchedule linear(long warmup, long total) {
    requireSteps(warmup, total);
    return step ->
        step < warmup
            ? rise(step, warmup)
            : Math.max(0.0, (double) (total - step) / (double) Math.max(1, total - warmup));
  }

  /**
   * From 0 up to 1 in {@code warmup} steps, then down to 0 at {@code total} along half a cosine
   * wave; it goes on along the wave after.
   *
   * @throws IllegalArgumentException if a number of steps is negative
   */
  static LearningRateSchedule cosine(long warmup, long total) {
    requireSteps(warmup, total);
    double cycles = 0.5;
    return step -> {
      if (step < warmup) {
        return rise(step, warmup);
      }
      double progress = (double) (step - warmup) / (double) Math.max(1, total - warmup);
      return Math.max(0.0, 0.5 * (1.0 + CMath.cos(Math.PI * cycles * 2.0 * progress)));
    };
  }

  /**
   * From 0 up to 1 in {@code warmup} steps, then {@code cycles} times from 1 down to 0 along half a
   * cosine wave until {@code total}, and 0 after.
   *
   * @throws IllegalArgumentException if a number of steps is negative, or there is no cycle
   */
  static LearningRateSchedule cosineWithRestarts(long warmup, long total, int cycles) {
    requireSteps(warmup, total);
    if (cycles < 1) {
      throw new IllegalArgumentException(cycles + " cycles: expected 1 or more");
    }
    return step -> {
      if (step < warmup) {
        return rise(step, warmup);
      }
      double progress = (double) (step - warmup) / (double) Math.max(1, total - warmup);
      return progress >= 1
          ? 0.0
          : Math.max(0.0, 0.5 * (1.0 + CMath.cos(Math.PI * (cycles * progress % 1.0))));
    };
  }

  /**
   * From 0 up to 1 in {@code warmup} steps, then down with a power of the steps that are left, to
   * the learning rate {@code end} at {@code total}, where it stays.
   *
   * @param learningRate what the factors are for
   * @throws IllegalArgumentException if a number of steps is negative, or the learning rate is not
   *     above {@code end}
   */
  static LearningRateSchedule polynomial(
      long warmup, long total, double learningRate, double end, double power) {
    requireSteps(warmup, total);
    if (!(learningRate > end)) {
      throw new IllegalArgumentException(
          ("learningRate is %s; a polynomial schedule, which ends at %s, needs a greater one: choose"
                  + " one, or another lrSchedulerType")
              .formatted(learningRate, end));
    }
    return step -> {
      if (step < warmup) {
        return rise(step, warmup);
      }
      if (step > total) {
        return end / learningRate;
      }
      double left = 1 - (double) (step - warmup) / (double) Math.max(1, total - warmup);
      return ((learningRate - end) * Math.pow(left, power) + end) / learningRate;
    };
  }

  /**
   * From 0 up to 1 in {@code warmup} steps, then the root of {@code warmup} by the step; without
   * warm-up, down from 1 as if there had been one of 10,000 steps.
   *
   * @throws IllegalArgumentException if {@code warmup} is negative
   */
  static LearningRateSchedule inverseSqrt(long warmup) {
    requireSteps(warmup, warmup);
    long scale = warmup == 0 ? 10_000 : warmup;
    return step ->
        step < warmup
            ? rise(step, warmup)
            : 1.0 / Math.sqrt((double) (step + scale - warmup) / (double) scale);
  }

  private static double rise(long step, long warmup) {
    return (double) step / (double) Math.max(1, warmup);
  }

  private static void requireSteps(long warmup, long total) {
    if (warmup < 0 || total < 0) {
      throw new IllegalArgumentException(
          "warmup of %d steps of %d: expected numbers from 0 up".formatted(warmup, total));
    }
  }
}
