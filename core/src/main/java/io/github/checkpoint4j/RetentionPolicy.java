package io.github.checkpoint4j;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Which checkpoints to keep. A policy is a function of what it is given; policies combine with
 * {@link #or} and {@link #and}, and none has priority over another.
 *
 * <p>Whatever a policy says, {@link Checkpointer} keeps the newest checkpoint, the best by the
 * tracked metric, and pinned ones, and leaves alone those that are damaged or unverified; see
 * {@link Retention}.
 */
@FunctionalInterface
public interface RetentionPolicy {

  /**
   * The moments whose checkpoints are kept.
   *
   * @param saved the moments of all checkpoints, oldest first; no two have the same step
   * @param now the time on the clock
   * @return a part of {@code saved}
   * @throws IllegalArgumentException if the policy goes by a metric that was never measured
   */
  Set<Moment> keep(List<Moment> saved, Instant now);

  /** What it keeps, in few words and without an article: {@code newest 3}. */
  default String description() {
    return "kept by the policy";
  }

  /**
   * Why each moment is kept: the {@linkplain #description descriptions} of those parts of the
   * policy that keep it. The keys are the moments of {@link #keep}.
   *
   * @throws IllegalArgumentException as {@link #keep}
   */
  default Map<Moment, List<String>> reasons(List<Moment> saved, Instant now) {
    Map<Moment, List<String>> reasons = new LinkedHashMap<>();
    keep(saved, now).forEach(moment -> reasons.put(moment, List.of(description())));
    return reasons;
  }

  /** The same policy with another {@link #description}, for one that is a lambda. */
  default RetentionPolicy describedAs(String description) {
    return new DescribedPolicy(description, this);
  }

  /** Every checkpoint. */
  static RetentionPolicy all() {
    return new DescribedPolicy("all", (saved, now) -> Set.copyOf(saved));
  }

  /**
   * The newest {@code count}: Hugging Face's {@code save_total_limit}.
   *
   * @throws IllegalArgumentException if {@code count} is not positive: to keep none is no policy
   */
  static RetentionPolicy latest(int count) {
    Positive.require("the number of latest checkpoints to keep", count);
    return new DescribedPolicy(
        "newest " + count,
        (saved, now) -> Set.copyOf(saved.subList(Math.max(0, saved.size() - count), saved.size())));
  }

  /**
   * The best {@code count} by a metric. Those without the metric, or with NaN or an infinity, are
   * never among them; of equal ones the earlier is better.
   *
   * <p>As long as nothing was evaluated, so that no checkpoint has the metric, all are kept. If
   * checkpoints have metrics of an evaluation (there is a name with {@code eval_} or {@code val_})
   * and none has this one, {@link #keep} throws, and the message names those there are.
   *
   * @throws IllegalArgumentException if {@code count} is not positive
   */
  static RetentionPolicy best(String metric, Direction direction, int count) {
    return new BestPolicy(metric, direction, count);
  }

  /**
   * Those whose step is a multiple of {@code steps}.
   *
   * @throws IllegalArgumentException if {@code steps} is not positive
   */
  static RetentionPolicy everySteps(long steps) {
    Positive.require("steps between kept checkpoints", steps);
    return new DescribedPolicy(
        "every " + steps + " steps",
        (saved, now) ->
            saved.stream()
                .filter(moment -> moment.step() % steps == 0)
                .collect(Collectors.toUnmodifiableSet()));
  }

  /**
   * Those taken less than {@code age} ago.
   *
   * @throws IllegalArgumentException if {@code age} is not positive
   */
  static RetentionPolicy younger(Duration age) {
    Positive.require("the age to keep checkpoints to", age);
    return new DescribedPolicy(
        "younger than " + words(age),
        (saved, now) ->
            saved.stream()
                .filter(moment -> Duration.between(moment.time(), now).compareTo(age) < 0)
                .collect(Collectors.toUnmodifiableSet()));
  }

  /**
   * The newest of each interval of time. Intervals follow one another from the beginning of 1970 in
   * UTC, so that one of 24 hours is a day there, whenever the policy is asked.
   *
   * @throws IllegalArgumentException if {@code interval} is less than a second
   */
  static RetentionPolicy onePer(Duration interval) {
    Positive.require("seconds in the interval to keep one checkpoint of", interval.toSeconds());
    return new DescribedPolicy(
        "newest of each " + words(interval),
        (saved, now) ->
            newestOfEach(
                saved,
                moment -> {
                  Duration since = Duration.between(Instant.EPOCH, moment.time());
                  return since.dividedBy(interval) - (since.isNegative() ? 1 : 0);
                }));
  }

  /**
   * The newest of each {@code steps} steps: of steps 1 to {@code steps}, of as many after them, and
   * so on.
   *
   * @throws IllegalArgumentException if {@code steps} is not positive
   */
  static RetentionPolicy onePerSteps(long steps) {
    Positive.require("steps in the interval to keep one checkpoint of", steps);
    return new DescribedPolicy(
        "newest of each " + steps + " steps",
        (saved, now) -> newestOfEach(saved, moment -> Math.ceilDiv(moment.step(), steps)));
  }

  /**
   * Those that are pinned. {@link Checkpointer} keeps them in any case; this is a term for policies
   * that are asked elsewhere.
   */
  static RetentionPolicy pinned() {
    return new DescribedPolicy(
        "pinned",
        (saved, now) ->
            saved.stream().filter(Moment::pinned).collect(Collectors.toUnmodifiableSet()));
  }

  /** Those that this or the other keeps. */
  default RetentionPolicy or(RetentionPolicy other) {
    return new CombinedPolicy(this, other, false);
  }

  /** Those that both this and the other keep. */
  default RetentionPolicy and(RetentionPolicy other) {
    return new CombinedPolicy(this, other, true);
  }

  private static Set<Moment> newestOfEach(List<Moment> saved, Function<Moment, Long> interval) {
    Map<Long, Moment> newest = new LinkedHashMap<>();
    saved.forEach(moment -> newest.put(interval.apply(moment), moment));
    return new LinkedHashSet<>(newest.values());
  }

  /** {@code 1h30m} for an hour and a half: ISO 8601 without {@code PT}. */
  private static String words(Duration duration) {
    return duration.toString().substring(2).toLowerCase(Locale.ROOT);
  }
}
