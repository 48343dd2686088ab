package io.github.checkpoint4j;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * What checkpoints cost a run since it began or was resumed, and what a failure would have cost it.
 *
 * @param total the time since then
 * @param paused the part of it in which training waited for saves
 * @param saves the pauses
 * @param expectedLoss the work that is lost if the run fails at a moment picked at random from the
 *     time since then: the mean time since the moment that would be gone back to. A save counts
 *     from when it is durable on; before the first it is the run's begin
 * @param worstLoss the most that would have been lost
 */
public record Overhead(
    Duration total, Duration paused, int saves, Duration expectedLoss, Duration worstLoss) {

  /**
   * A save that is durable.
   *
   * @param of the moment of the state that it has
   * @param at when it became durable
   */
  record Durable(Instant of, Instant at) {}

  /** The share of the time in which training waited; 0 if no time went by. */
  public double share() {
    return total.isZero() ? 0 : seconds(paused) / seconds(total);
  }

  static Overhead of(Instant start, Instant now, List<Pause> pauses, List<Durable> saves) {
    Instant end = now.isBefore(start) ? start : now;
    List<Durable> states = new ArrayList<>(List.of(new Durable(start, start)));
    saves.stream().filter(save -> !save.at().isBefore(start)).forEach(states::add);
    double lost = 0;
    Duration worst = Duration.ZERO;
    for (int i = 0; i < states.size(); i++) {
      Instant until = i + 1 < states.size() ? states.get(i + 1).at() : end;
      Duration least = Duration.between(states.get(i).of(), states.get(i).at());
      Duration most = Duration.between(states.get(i).of(), until);
      lost += (seconds(most) + seconds(least)) / 2 * (seconds(most) - seconds(least));
      worst = most.compareTo(worst) > 0 ? most : worst;
    }
    Duration total = Duration.between(start, end);
    return new Overhead(
        total,
        pauses.stream().map(Pause::length).reduce(Duration.ZERO, Duration::plus),
        pauses.size(),
        total.isZero() ? Duration.ZERO : duration(lost / seconds(total)),
        worst);
  }

  private static double seconds(Duration duration) {
    return duration.toNanos() / 1e9;
  }

  private static Duration duration(double seconds) {
    return Duration.ofNanos(Math.round(seconds * 1e9));
  }
}
