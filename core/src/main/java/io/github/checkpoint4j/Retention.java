package io.github.checkpoint4j;

import io.github.checkpoint4j.store.CheckpointInfo;
import io.github.checkpoint4j.store.Objective;
import io.github.checkpoint4j.store.Standing;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Which checkpoints are best, and which ones a policy gives up. Pure. */
final class Retention {
  private Retention() {}

  /**
   * The checkpoints to delete, oldest first: committed ones that the policy does not keep, and that
   * are neither pinned, nor the newest, nor the best.
   *
   * @param present all checkpoints, oldest first
   */
  static List<CheckpointInfo> surplus(
      List<CheckpointInfo> present,
      RetentionPolicy policy,
      Optional<Objective> objective,
      Instant now) {
    List<CheckpointInfo> usable = present.stream().filter(CheckpointInfo::usable).toList();
    Set<Long> kept = new HashSet<>();
    policy.keep(usable.stream().map(Moment::of).toList(), now).forEach(m -> kept.add(m.step()));
    if (!usable.isEmpty()) {
      kept.add(usable.getLast().step());
    }
    objective.flatMap(tracked -> best(usable, tracked)).ifPresent(best -> kept.add(best.step()));
    return usable.stream()
        .filter(info -> info.standing() == Standing.COMMITTED)
        .filter(info -> !info.pinned() && !kept.contains(info.step()))
        .toList();
  }

  /** The best by a metric; empty if none has a finite value of it. Of equal ones the earliest. */
  static Optional<CheckpointInfo> best(List<CheckpointInfo> present, Objective objective) {
    List<CheckpointInfo> usable = present.stream().filter(CheckpointInfo::usable).toList();
    Direction direction = objective.greaterIsBetter() ? Direction.MAXIMIZE : Direction.MINIMIZE;
    return direction.rank(objective.metric(), usable.stream().map(Moment::of).toList()).stream()
        .findFirst()
        .flatMap(best -> usable.stream().filter(info -> info.step() == best.step()).findFirst());
  }

  /** The names of all metrics in these checkpoints, in order. */
  static Set<String> metrics(List<CheckpointInfo> present) {
    Set<String> names = new TreeSet<>();
    present.forEach(info -> names.addAll(info.metrics().keySet()));
    return names;
  }
}
