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
