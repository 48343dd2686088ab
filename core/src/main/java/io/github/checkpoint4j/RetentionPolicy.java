package io.github.checkpoint4j;

import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Which checkpoints to keep. A policy is a function of what it is given; policies combine with
 * {@link #or} and {@link #and}, and none has priority over another.
 *
 * <p>Whatever a policy says, {@link Checkpointer} keeps the newest checkpoint, the best by the
 * tracked metric, and pinned ones, and leaves alone those that are damaged or unverified.
 */
@FunctionalInterface
public interface RetentionPolicy {

  /**
   * The moments whose checkpoints are kept.
   *
   * @param saved the moments of all checkpoints, oldest first; no two have the same step
   * @param now the time on the clock
   * @return a part of {@code saved}
   */
  Set<Moment> keep(List<Moment> saved, Instant now);

  /** Every checkpoint. */
  static RetentionPolicy all() {
    return (saved, now) -> Set.copyOf(saved);
  }

  /**
   * The newest {@code count}: Hugging Face's {@code save_total_limit}.
   *
   * @throws IllegalArgumentException if {@code count} is not positive: to keep none is no policy
   */
  static RetentionPolicy latest(int count) {
    Positive.require("the number of latest checkpoints to keep", count);
    return (saved, now) ->
        Set.copyOf(saved.subList(Math.max(0, saved.size() - count), saved.size()));
  }

  /**
   * The best {@code count} by a metric. Those without the metric, or with NaN or an infinity, are
   * never among them; of equal ones the earlier is better.
   *
   * @throws IllegalArgumentException if {@code count} is not positive
   */
  static RetentionPolicy best(String metric, Direction direction, int count) {
    Positive.require("the number of best checkpoints to keep", count);
    return (saved, now) ->
        direction.rank(metric, saved).stream().limit(count).collect(Collectors.toUnmodifiableSet());
  }

  /**
   * Those whose step is a multiple of {@code steps}.
   *
   * @throws IllegalArgumentException if {@code steps} is not positive
   */
  static RetentionPolicy everySteps(long steps) {
    Positive.require("steps between kept checkpoints", steps);
    return (saved, now) ->
        saved.stream()
            .filter(moment -> moment.step() % steps == 0)
            .collect(Collectors.toUnmodifiableSet());
  }

  /**
   * Those taken less than {@code age} ago.
   *
   * @throws IllegalArgumentException if {@code age} is not positive
   */
  static RetentionPolicy younger(Duration age) {
    Positive.require("the age to keep checkpoints to", age);
    return (saved, now) ->
        saved.stream()
            .filter(moment -> moment.time().isAfter(now.minus(age)))
            .collect(Collectors.toUnmodifiableSet());
  }

  /** Those that this or the other keeps. */
  default RetentionPolicy or(RetentionPolicy other) {
    return (saved, now) -> {
      Set<Moment> kept = new HashSet<>(keep(saved, now));
      kept.addAll(other.keep(saved, now));
      return Set.copyOf(kept);
    };
  }

  /** Those that both this and the other keep. */
  default RetentionPolicy and(RetentionPolicy other) {
    return (saved, now) -> {
      Set<Moment> kept = new HashSet<>(keep(saved, now));
      kept.retainAll(other.keep(saved, now));
      return Set.copyOf(kept);
    };
  }
}
