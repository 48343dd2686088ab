package io.github.checkpoint4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class RetentionPolicyTest {
  private static final Instant BEGIN = Instant.parse("2026-03-01T12:00:00Z");

  /** A moment a minute, of steps 10, 20, ... */
  private static List<Moment> moments(double... losses) {
    List<Moment> moments = new ArrayList<>();
    for (int i = 0; i < losses.length; i++) {
      moments.add(
          new Moment(10L * (i + 1), i, Map.of("eval_loss", losses[i]), BEGIN.plusSeconds(60L * i)));
    }
    return moments;
  }

  private static List<Long> kept(RetentionPolicy policy, List<Moment> moments) {
    return policy.keep(moments, BEGIN.plusSeconds(60L * moments.size())).stream()
        .map(Moment::step)
        .sorted()
        .toList();
  }

  @Test
  void all_of_them() {
    assertThat(kept(RetentionPolicy.all(), moments(1, 2, 3))).containsExactly(10L, 20L, 30L);
  }

  @Test
  void the_latest_few() {
    assertThat(kept(RetentionPolicy.latest(2), moments(1, 2, 3))).containsExactly(20L, 30L);
    assertThat(kept(RetentionPolicy.latest(9), moments(1, 2))).containsExactly(10L, 20L);
    assertThat(kept(RetentionPolicy.latest(1), moments())).isEmpty();
  }

  @Test
  void the_best_few_ties_to_the_earlier_and_never_nan_or_infinite() {
    List<Moment> moments = moments(Double.NaN, 2, 1, Double.NEGATIVE_INFINITY, 1, 3);
    assertThat(kept(RetentionPolicy.best("eval_loss", Direction.MINIMIZE, 1), moments))
        .containsExactly(30L);
    assertThat(kept(RetentionPolicy.best("eval_loss", Direction.MINIMIZE, 3), moments))
        .containsExactly(20L, 30L, 50L);
    assertThat(kept(RetentionPolicy.best("eval_loss", Direction.MAXIMIZE, 1), moments))
        .containsExactly(60L);
  }

  @Test
  void a_metric_that_no_evaluation_measured_is_an_error_that_lists_those_there_are() {
    assertThatThrownBy(
            () -> kept(RetentionPolicy.best("eval_acc", Direction.MAXIMIZE, 1), moments(1, 2)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "the best checkpoints are to be kept by 'eval_acc', which was not measured; there are:"
                + " eval_loss");
    assertThatThrownBy(
            () ->
                kept(
                    RetentionPolicy.latest(1)
                        .or(RetentionPolicy.best("accuracy", Direction.MAXIMIZE, 1)),
                    List.of(new Moment(1, 0, Map.of("val_acc", 1.0, "loss", 2.0), BEGIN))))
        .hasMessageEndingWith("'accuracy', which was not measured; there are: loss, val_acc");
  }

  @Test
  void before_the_first_evaluation_the_best_may_be_any() {
    List<Moment> unevaluated =
        List.of(new Moment(1, 0, Map.of("loss", 2.0), BEGIN), new Moment(2, 0, Map.of(), BEGIN));
    assertThat(kept(RetentionPolicy.best("eval_loss", Direction.MINIMIZE, 1), unevaluated))
        .containsExactly(1L, 2L);
  }

  @Test
  void the_newest_of_each_interval_of_time() {
    List<Moment> moments = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      moments.add(new Moment(i, 0, Map.of(), BEGIN.plus(Duration.ofMinutes(20L * i))));
    }
    assertThat(kept(RetentionPolicy.onePer(Duration.ofHours(1)), moments))
        .containsExactly(2L, 5L, 8L, 9L);
    assertThat(kept(RetentionPolicy.onePer(Duration.ofDays(1)), moments)).containsExactly(9L);
  }

  @Test
  void the_newest_of_an_interval_is_the_last_committed_whatever_its_clock_and_step_say() {
    List<Moment> moments =
        List.of(
            new Moment(30, 0, Map.of(), BEGIN.plusSeconds(50)),
            new Moment(10, 0, Map.of(), BEGIN.plusSeconds(5)));
    assertThat(kept(RetentionPolicy.onePer(Duration.ofMinutes(1)), moments)).containsExactly(10L);
  }

  @Test
  void times_of_any_year_are_in_an_interval() {
    List<Moment> moments =
        List.of(
            new Moment(1, 0, Map.of(), Instant.MIN),
            new Moment(2, 0, Map.of(), Instant.EPOCH.minusSeconds(1)),
            new Moment(3, 0, Map.of(), Instant.EPOCH),
            new Moment(4, 0, Map.of(), Instant.MAX));
    assertThat(kept(RetentionPolicy.onePer(Duration.ofSeconds(1)), moments))
        .containsExactly(1L, 2L, 3L, 4L);
  }

  @Test
  void the_newest_of_each_interval_of_steps() {
    List<Moment> moments = moments(0, 0, 0, 0, 0, 0, 0); // steps 10 to 70
    assertThat(kept(RetentionPolicy.onePerSteps(30), moments)).containsExactly(30L, 60L, 70L);
  }

  @Test
  void the_pinned() {
    List<Moment> moments =
        List.of(new Moment(1, 0, Map.of(), BEGIN, true), new Moment(2, 0, Map.of(), BEGIN, false));
    assertThat(kept(RetentionPolicy.pinned(), moments)).containsExactly(1L);
    assertThat(kept(RetentionPolicy.latest(1).and(RetentionPolicy.pinned()), moments)).isEmpty();
  }

  @Test
  void a_policy_says_why_it_keeps_each() {
    RetentionPolicy policy =
        RetentionPolicy.latest(1)
            .or(RetentionPolicy.best("eval_loss", Direction.MINIMIZE, 2))
            .or(RetentionPolicy.everySteps(20).and(RetentionPolicy.younger(Duration.ofHours(2))));
    List<Moment> moments = moments(3, 1, 2, 4);
    Map<Moment, List<String>> reasons = policy.reasons(moments, BEGIN.plus(Duration.ofMinutes(90)));
    assertThat(reasons)
        .containsOnly(
            Map.entry(
                moments.get(1),
                List.of("best 2 by eval_loss (min)", "every 20 steps", "younger than 2h")),
            Map.entry(moments.get(2), List.of("best 2 by eval_loss (min)")),
            Map.entry(moments.get(3), List.of("newest 1", "every 20 steps", "younger than 2h")));
    assertThat(policy.description())
        .isEqualTo("newest 1 or best 2 by eval_loss (min) or (every 20 steps and younger than 2h)");
    assertThat(RetentionPolicy.onePer(Duration.ofMinutes(90)).description())
        .isEqualTo("newest of each 1h30m");
  }

  @Test
  void a_lambda_is_a_policy_and_may_be_given_words() {
    RetentionPolicy odd =
        (saved, now) -> Set.copyOf(saved.stream().filter(m -> m.step() == 30).toList());
    List<Moment> moments = moments(1, 2, 3);
    assertThat(odd.reasons(moments, BEGIN))
        .containsExactly(Map.entry(moments.get(2), List.of("kept by the policy")));
    assertThat(odd.describedAs("step 30").or(odd).reasons(moments, BEGIN))
        .containsExactly(Map.entry(moments.get(2), List.of("step 30", "kept by the policy")));
  }

  @Test
  void zero_and_minus_zero_are_a_tie() {
    assertThat(kept(RetentionPolicy.best("eval_loss", Direction.MINIMIZE, 1), moments(0.0, -0.0)))
        .containsExactly(10L);
  }

  @Test
  void every_so_many_steps() {
    assertThat(kept(RetentionPolicy.everySteps(20), moments(1, 2, 3, 4))).containsExactly(20L, 40L);
  }

  @Test
  void the_young() {
    assertThat(kept(RetentionPolicy.younger(Duration.ofMinutes(2)), moments(1, 2, 3, 4)))
        .containsExactly(40L);
    assertThat(kept(RetentionPolicy.younger(Duration.ofSeconds(Long.MAX_VALUE)), moments(1, 2)))
        .containsExactly(10L, 20L);
  }

  @Test
  void policies_combine() {
    RetentionPolicy latest = RetentionPolicy.latest(2);
    RetentionPolicy even = RetentionPolicy.everySteps(20);
    assertThat(kept(latest.or(even), moments(1, 2, 3, 4))).containsExactly(20L, 30L, 40L);
    assertThat(kept(latest.and(even), moments(1, 2, 3, 4))).containsExactly(40L);
  }

  @Test
  void a_limit_of_zero_is_refused_and_does_not_mean_all_or_none() {
    assertThatThrownBy(() -> RetentionPolicy.latest(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the number of latest checkpoints to keep must be at least 1, and is 0");
    assertThatThrownBy(() -> RetentionPolicy.best("a", Direction.MINIMIZE, 0))
        .hasMessage("the number of best checkpoints to keep must be at least 1, and is 0");
    assertThatThrownBy(() -> RetentionPolicy.everySteps(0))
        .hasMessage("steps between kept checkpoints must be at least 1, and is 0");
    assertThatThrownBy(() -> RetentionPolicy.younger(Duration.ofSeconds(-1)))
        .hasMessage("the age to keep checkpoints to must be positive, and is PT-1S");
    assertThatThrownBy(() -> RetentionPolicy.onePer(Duration.ofMillis(999)))
        .hasMessage(
            "seconds in the interval to keep one checkpoint of must be at least 1, and is 0");
    assertThatThrownBy(() -> RetentionPolicy.onePerSteps(0))
        .hasMessage("steps in the interval to keep one checkpoint of must be at least 1, and is 0");
  }

  @Property
  void the_best_is_no_worse_than_any_other(@ForAll("losses") double[] losses) {
    List<Moment> moments = moments(losses);
    for (Direction direction : Direction.values()) {
      List<Moment> ranked = direction.rank("eval_loss", moments);
      for (Moment moment : moments) {
        double value = moment.metric("eval_loss");
        if (Double.isFinite(value)) {
          Moment best = ranked.getFirst();
          assertThat(direction.isBetter(value, best.metric("eval_loss"))).isFalse();
          assertThat(value == best.metric("eval_loss") && moment.step() < best.step()).isFalse();
        }
      }
      assertThat(ranked).allMatch(moment -> Double.isFinite(moment.metric("eval_loss")));
    }
  }

  @Provide
  Arbitrary<double[]> losses() {
    return Arbitraries.of(
            0.0,
            -0.0,
            1.0,
            -1.0,
            1e300,
            Double.NaN,
            Double.POSITIVE_INFINITY,
            Double.NEGATIVE_INFINITY,
            Double.MIN_VALUE)
        .array(double[].class)
        .ofMaxSize(12);
  }
}
