package io.github.checkpoint4j;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.store.CheckpointInfo;
import io.github.checkpoint4j.store.Objective;
import io.github.checkpoint4j.store.Standing;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.constraints.IntRange;

/** What holds of every policy and every set of checkpoints, in whatever order their steps are. */
class RetentionPropertyTest {
  private static final Instant BEGIN = Instant.parse("2026-03-01T12:00:00Z");
  private static final String METRIC = "eval_loss";

  private record Made(double value, long minutes, boolean pinned, Standing standing) {}

  @Provide
  Arbitrary<List<CheckpointInfo>> runs() {
    Arbitrary<Double> values =
        Arbitraries.of(
            0.0,
            -0.0,
            1.0,
            2.0,
            -1.0,
            Double.NaN,
            Double.POSITIVE_INFINITY,
            Double.NEGATIVE_INFINITY);
    Arbitrary<Made> made =
        Combinators.combine(
                values,
                Arbitraries.longs().between(-300, 300),
                Arbitraries.frequency(Tuple.of(1, true), Tuple.of(4, false)),
                Arbitraries.frequencyOf(
                    Tuple.of(6, Arbitraries.just(Standing.COMMITTED)),
                    Tuple.of(1, Arbitraries.just(Standing.UNVERIFIED)),
                    Tuple.of(1, Arbitraries.just(Standing.DAMAGED))))
            .as(Made::new);
    Arbitrary<List<Long>> steps =
        Arbitraries.longs().between(0, 60).list().uniqueElements().ofMaxSize(12);
    return Combinators.combine(steps, made.list().ofSize(12))
        .as(
            (chosen, rest) -> {
              List<CheckpointInfo> infos = new ArrayList<>();
              for (int i = 0; i < chosen.size(); i++) {
                infos.add(info(chosen.get(i), i + 1L, rest.get(i)));
              }
              return infos;
            });
  }

  private static CheckpointInfo info(long step, long sequence, Made made) {
    return new CheckpointInfo(
        "checkpoint-" + step,
        Path.of("run/checkpoint-" + step),
        step,
        OptionalDouble.empty(),
        Map.of(METRIC, made.value()),
        made.standing() == Standing.COMMITTED ? sequence : 0,
        BEGIN.plus(Duration.ofMinutes(made.minutes())),
        1,
        made.pinned(),
        made.standing(),
        Optional.empty(),
        made.standing() == Standing.DAMAGED ? Optional.of("cut") : Optional.empty());
  }

  @Provide
  Arbitrary<RetentionPolicy> policies() {
    Arbitrary<Integer> counts = Arbitraries.integers().between(1, 5);
    Arbitrary<RetentionPolicy> leaves =
        Arbitraries.oneOf(
            counts.map(RetentionPolicy::latest),
            counts.map(count -> RetentionPolicy.best(METRIC, Direction.MINIMIZE, count)),
            counts.map(count -> RetentionPolicy.best(METRIC, Direction.MAXIMIZE, count)),
            counts.map(RetentionPolicy::everySteps),
            counts.map(count -> RetentionPolicy.onePerSteps(10L * count)),
            counts.map(count -> RetentionPolicy.onePer(Duration.ofHours(count))),
            counts.map(count -> RetentionPolicy.younger(Duration.ofHours(count))),
            Arbitraries.just(RetentionPolicy.pinned()),
            Arbitraries.just((saved, now) -> Set.of()));
    Arbitrary<RetentionPolicy> pairs =
        Combinators.combine(leaves, leaves, Arbitraries.of(true, false))
            .as((one, other, both) -> both ? one.and(other) : one.or(other));
    return Arbitraries.oneOf(
        leaves,
        pairs,
        Combinators.combine(pairs, pairs, Arbitraries.of(true, false))
            .as((one, other, both) -> both ? one.and(other) : one.or(other)));
  }

  private static Optional<Objective> objective(Direction direction) {
    return Optional.of(new Objective(METRIC, direction == Direction.MAXIMIZE));
  }

  private static Retention retention(
      List<CheckpointInfo> run, RetentionPolicy policy, Direction direction) {
    return Retention.withUnverified(run, policy, objective(direction), BEGIN);
  }

  private static Set<CheckpointInfo> surplus(
      List<CheckpointInfo> run, RetentionPolicy policy, Direction direction) {
    return new HashSet<>(retention(run, policy, direction).surplus());
  }

  private static List<Moment> moments(List<CheckpointInfo> run) {
    return run.stream().map(Moment::of).toList();
  }

  @Property
  void newest_best_pinned_and_damaged_are_never_given_up(
      @ForAll("runs") List<CheckpointInfo> run,
      @ForAll("policies") RetentionPolicy policy,
      @ForAll Direction direction) {
    Set<CheckpointInfo> given = surplus(run, policy, direction);
    List<CheckpointInfo> usable = run.stream().filter(CheckpointInfo::usable).toList();
    if (!usable.isEmpty()) {
      assertThat(given).doesNotContain(usable.getLast());
    }
    run.stream()
        .filter(info -> info.standing() == Standing.COMMITTED)
        .reduce((_, later) -> later)
        .ifPresent(newest -> assertThat(given).doesNotContain(newest));
    assertThat(given).noneMatch(CheckpointInfo::pinned).allMatch(CheckpointInfo::usable);
    CheckpointInfo best = null;
    for (CheckpointInfo info : usable) {
      double value = info.metrics().getOrDefault(METRIC, Double.NaN) + 0.0;
      if (Double.isFinite(value)
          && (best == null
              || direction.isBetter(value, best.metrics().getOrDefault(METRIC, 0.0) + 0.0))) {
        best = info;
      }
    }
    if (best != null) {
      assertThat(given).doesNotContain(best);
    }
  }

  @Property
  void a_retention_decides_on_each_once_with_a_reason(
      @ForAll("runs") List<CheckpointInfo> run,
      @ForAll("policies") RetentionPolicy policy,
      @ForAll Direction direction) {
    Retention retention = retention(run, policy, direction);
    assertThat(retention.decisions().stream().map(Retention.Decision::checkpoint).toList())
        .isEqualTo(run);
    assertThat(retention.decisions()).noneMatch(decision -> decision.reasons().isEmpty());
    assertThat(Retention.of(run, policy, objective(direction), BEGIN).surplus())
        .allMatch(info -> info.standing() == Standing.COMMITTED)
        .isSubsetOf(retention.surplus());
  }

  @Property
  void the_reasons_of_a_policy_are_for_those_it_keeps(
      @ForAll("runs") List<CheckpointInfo> run, @ForAll("policies") RetentionPolicy policy) {
    List<Moment> moments = moments(run);
    assertThat(policy.reasons(moments, BEGIN).keySet()).isEqualTo(policy.keep(moments, BEGIN));
    assertThat(moments).containsAll(policy.keep(moments, BEGIN));
  }

  @Property
  void or_and_and_are_union_and_intersection(
      @ForAll("runs") List<CheckpointInfo> run,
      @ForAll("policies") RetentionPolicy one,
      @ForAll("policies") RetentionPolicy other) {
    List<Moment> moments = moments(run);
    Set<Moment> union = new HashSet<>(one.keep(moments, BEGIN));
    union.addAll(other.keep(moments, BEGIN));
    Set<Moment> intersection = new HashSet<>(one.keep(moments, BEGIN));
    intersection.retainAll(other.keep(moments, BEGIN));
    assertThat(one.or(other).keep(moments, BEGIN))
        .isEqualTo(union)
        .isEqualTo(other.or(one).keep(moments, BEGIN));
    assertThat(one.and(other).keep(moments, BEGIN))
        .isEqualTo(intersection)
        .isEqualTo(other.and(one).keep(moments, BEGIN));
    assertThat(one.or(one.and(other)).keep(moments, BEGIN)).isEqualTo(one.keep(moments, BEGIN));
    assertThat(one.and(one.or(other)).keep(moments, BEGIN)).isEqualTo(one.keep(moments, BEGIN));
    assertThat(RetentionPolicy.all().and(one).keep(moments, BEGIN))
        .isEqualTo(one.keep(moments, BEGIN));
  }

  @Property
  void more_terms_and_greater_numbers_never_give_up_more(
      @ForAll("runs") List<CheckpointInfo> run,
      @ForAll("policies") RetentionPolicy one,
      @ForAll("policies") RetentionPolicy other,
      @ForAll Direction direction,
      @ForAll @IntRange(min = 1, max = 6) int count) {
    Set<CheckpointInfo> given = surplus(run, one, direction);
    assertThat(given).containsAll(surplus(run, one.or(other), direction));
    assertThat(surplus(run, one.and(other), direction)).containsAll(given);
    assertThat(surplus(run, RetentionPolicy.latest(count), direction))
        .containsAll(surplus(run, RetentionPolicy.latest(count + 1), direction));
    assertThat(surplus(run, RetentionPolicy.best(METRIC, direction, count), direction))
        .containsAll(surplus(run, RetentionPolicy.best(METRIC, direction, count + 1), direction));
    assertThat(surplus(run, RetentionPolicy.younger(Duration.ofHours(count)), direction))
        .containsAll(
            surplus(run, RetentionPolicy.younger(Duration.ofHours(count + 1L)), direction));
  }

  @Property
  void what_was_given_up_once_changes_nothing_for_a_single_term(
      @ForAll("runs") List<CheckpointInfo> run,
      @ForAll @IntRange(min = 1, max = 4) int count,
      @ForAll Direction direction) {
    for (RetentionPolicy policy :
        List.of(
            RetentionPolicy.latest(count),
            RetentionPolicy.best(METRIC, direction, count),
            RetentionPolicy.everySteps(count),
            RetentionPolicy.onePerSteps(10L * count),
            RetentionPolicy.onePer(Duration.ofHours(count)))) {
      List<CheckpointInfo> left = new ArrayList<>(run);
      left.removeAll(surplus(run, policy, direction));
      assertThat(surplus(left, policy, direction)).as(policy.description()).isEmpty();
    }
  }

  @Property
  void a_value_that_is_not_finite_is_never_among_the_best(
      @ForAll("runs") List<CheckpointInfo> run,
      @ForAll Direction direction,
      @ForAll @IntRange(min = 1, max = 12) int count) {
    List<Moment> moments = moments(run);
    if (!moments.isEmpty()) {
      assertThat(RetentionPolicy.best(METRIC, direction, count).keep(moments, BEGIN))
          .allMatch(moment -> Double.isFinite(moment.metric(METRIC)));
    }
    Retention.best(run, objective(direction).orElseThrow())
        .ifPresent(best -> assertThat(best.metrics().get(METRIC)).isFinite());
  }
}
