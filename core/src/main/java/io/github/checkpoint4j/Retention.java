package io.github.checkpoint4j;

import io.github.checkpoint4j.store.CheckpointInfo;
import io.github.checkpoint4j.store.Objective;
import io.github.checkpoint4j.store.Standing;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Which checkpoints of a run a policy keeps and gives up, and why. Nothing is deleted here.
 *
 * <p>Whatever the policy says, these are kept: the newest that is not damaged, the newest that is
 * committed, the best by the tracked metric, and pinned ones. Those that are damaged or unverified
 * are left alone.
 *
 * @param decisions one of each checkpoint, oldest first
 */
public record Retention(List<Decision> decisions) {

  /**
   * What becomes of a checkpoint.
   *
   * @param reasons why, in words; at least one
   */
  public record Decision(CheckpointInfo checkpoint, boolean kept, List<String> reasons) {
    public Decision {
      reasons = List.copyOf(reasons);
    }
  }

  public Retention {
    decisions = List.copyOf(decisions);
  }

  /**
   * What the policy makes of these checkpoints.
   *
   * @param present all checkpoints of the run, oldest first
   * @param objective the metric that tells the best, if one is tracked; otherwise it is the one
   *     that the newest commit with one recorded
   * @throws IllegalArgumentException if the policy goes by a metric that none of them has
   */
  public static Retention of(
      List<CheckpointInfo> present,
      RetentionPolicy policy,
      Optional<Objective> objective,
      Instant now) {
    return of(present, policy, objective, now, EnumSet.of(Standing.COMMITTED));
  }

  /**
   * As {@link #of(List, RetentionPolicy, Optional, Instant)}, but unverified checkpoints are given
   * up like committed ones. No lock keeps out a program that is writing one.
   */
  public static Retention withUnverified(
      List<CheckpointInfo> present,
      RetentionPolicy policy,
      Optional<Objective> objective,
      Instant now) {
    return of(present, policy, objective, now, EnumSet.of(Standing.COMMITTED, Standing.UNVERIFIED));
  }

  private static Retention of(
      List<CheckpointInfo> present,
      RetentionPolicy policy,
      Optional<Objective> objective,
      Instant now,
      Set<Standing> judged) {
    List<CheckpointInfo> usable = present.stream().filter(CheckpointInfo::usable).toList();
    Map<Long, List<String>> kept =
        policy.reasons(usable.stream().map(Moment::of).toList(), now).entrySet().stream()
            .collect(
                Collectors.toMap(
                    reason -> reason.getKey().step(), Map.Entry::getValue, (one, _) -> one));
    Optional<CheckpointInfo> newest = last(usable);
    Optional<CheckpointInfo> newestCommitted =
        last(usable.stream().filter(info -> info.standing() == Standing.COMMITTED).toList());
    Optional<Objective> tracked = objective.or(() -> recorded(present));
    Optional<CheckpointInfo> best = tracked.flatMap(by -> best(usable, by));
    List<Decision> decisions = new ArrayList<>();
    for (CheckpointInfo info : present) {
      List<String> reasons = new ArrayList<>();
      if (newest.filter(info::equals).isPresent()) {
        reasons.add("the newest");
      } else if (newestCommitted.filter(info::equals).isPresent()) {
        reasons.add("the newest committed");
      }
      if (best.filter(info::equals).isPresent()) {
        reasons.add("the best by " + tracked.orElseThrow().metric());
      }
      if (info.pinned()) {
        reasons.add("pinned");
      }
      if (info.usable()) {
        kept.getOrDefault(info.step(), List.of()).stream()
            .filter(reason -> !reasons.contains(reason))
            .forEach(reasons::add);
      }
      if (reasons.isEmpty() && !judged.contains(info.standing())) {
        reasons.add(info.standing().name().toLowerCase(Locale.ROOT) + ", so left alone");
      }
      decisions.add(
          reasons.isEmpty()
              ? new Decision(info, false, List.of("not " + policy.description()))
              : new Decision(info, true, reasons));
    }
    return new Retention(decisions);
  }

  private static Optional<CheckpointInfo> last(List<CheckpointInfo> infos) {
    return infos.isEmpty() ? Optional.empty() : Optional.of(infos.getLast());
  }

  /** The checkpoints that are given up, oldest first. */
  public List<CheckpointInfo> surplus() {
    return decisions.stream()
        .filter(decision -> !decision.kept())
        .map(Decision::checkpoint)
        .toList();
  }

  /** The objective that the newest commit with one recorded. */
  static Optional<Objective> recorded(List<CheckpointInfo> present) {
    return present.reversed().stream().flatMap(info -> info.objective().stream()).findFirst();
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
