package io.github.checkpoint4j;

import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * When to save. A strategy is a function of what it is given, and keeps nothing in mind; strategies
 * combine with {@link #or} and {@link #and}, and none has priority over another.
 */
@FunctionalInterface
public interface SaveStrategy {

  /**
   * What came before a moment.
   *
   * @param start when the run began or was resumed
   * @param previous the step before, or {@code start}
   * @param saved the moments at which checkpoints were saved, oldest first: those still there when
   *     the run was opened, and every one since
   * @param pauses those that training made for saves since {@code start}, also for saves that
   *     failed, oldest first
   */
  record Past(Moment start, Moment previous, List<Moment> saved, List<Pause> pauses) {
    public Past {
      saved = List.copyOf(saved);
      pauses = List.copyOf(pauses);
    }

    /** One without pauses. */
    public Past(Moment start, Moment previous, List<Moment> saved) {
      this(start, previous, saved, List.of());
    }
  }

  /** Whether to save at {@code now}. */
  boolean shouldSave(Moment now, Past past);

  /** Never. */
  static SaveStrategy never() {
    return (now, past) -> false;
  }

  /**
   * Whenever the step is a multiple of {@code steps}: Hugging Face's {@code save_steps}.
   *
   * @throws IllegalArgumentException if {@code steps} is not positive
   */
  static SaveStrategy everySteps(long steps) {
    Positive.require("steps between saves", steps);
    return (now, past) -> now.step() > 0 && now.step() % steps == 0;
  }

  /**
   * Whenever a multiple of {@code epochs} whole epochs was completed since the step before. Never
   * if epochs are not counted.
   *
   * @throws IllegalArgumentException if {@code epochs} is not positive
   */
  static SaveStrategy everyEpochs(long epochs) {
    Positive.require("epochs between saves", epochs);
    return (now, past) ->
        Math.floor(now.epoch() / epochs) > Math.floor(past.previous().epoch() / epochs);
  }

  /**
   * When this much time has gone by since the last save, or since the start if there was none after
   * it. What was later than now, by a clock that was set back since, does not count; if all was, it
   * is time to save.
   *
   * @throws IllegalArgumentException if the time is not positive
   */
  static SaveStrategy every(Duration time) {
    Positive.require("time between saves", time);
    return (now, past) ->
        Stream.concat(Stream.of(past.start()), past.saved().stream())
            .map(Moment::time)
            .filter(before -> !before.isAfter(now.time()))
            .max(Comparator.naturalOrder())
            .map(last -> Duration.between(last, now.time()).compareTo(time) >= 0)
            .orElse(true);
  }

  /**
   * As often as saving may be, if training is to wait for it at most this share of the time: 0.035
   * is the bar of CheckFreq (Mohan et al., FAST 2021). After each pause training goes on for as
   * long as makes the pause that share of both, whatever a save costs then; the first step is saved
   * at once, to learn that. What a save in the background slows down, besides the pause, is not
   * seen.
   *
   * @throws IllegalArgumentException if the share is not between 0 and 1
   */
  static SaveStrategy withinOverhead(double share) {
    if (!(share > 0 && share < 1)) {
      throw new IllegalArgumentException(
          "the share of the time for saves is " + share + "; give one between 0 and 1");
    }
    return (now, past) -> {
      if (past.pauses().isEmpty()) {
        return true;
      }
      Pause last = past.pauses().getLast();
      double trained = Duration.between(last.end(), now.time()).toNanos();
      // Less than none: the clock was set back, and nothing is known of the time.
      return trained < 0 || trained >= last.length().toNanos() * (1 - share) / share;
    };
  }

  /**
   * When the metric was measured and is better than at every save before. The first finite value is
   * an improvement; NaN and infinities are none, nor is a tie.
   */
  static SaveStrategy onImprovement(String metric, Direction direction) {
    return (now, past) -> {
      double value = now.metric(metric);
      List<Moment> ranked = direction.rank(metric, past.saved());
      return Double.isFinite(value)
          && (ranked.isEmpty() || direction.isBetter(value, ranked.getFirst().metric(metric)));
    };
  }

  /** At these steps. */
  static SaveStrategy atSteps(long... steps) {
    Set<Long> wanted = Arrays.stream(steps).boxed().collect(Collectors.toUnmodifiableSet());
    return (now, past) -> wanted.contains(now.step());
  }

  /** At a moment that meets the condition, for instance that a metric is above a number. */
  static SaveStrategy when(Predicate<Moment> condition) {
    return (now, past) -> condition.test(now);
  }

  /** When this or the other says so. */
  default SaveStrategy or(SaveStrategy other) {
    return (now, past) -> shouldSave(now, past) || other.shouldSave(now, past);
  }

  /** When this and the other say so. */
  default SaveStrategy and(SaveStrategy other) {
    return (now, past) -> shouldSave(now, past) && other.shouldSave(now, past);
  }
}
