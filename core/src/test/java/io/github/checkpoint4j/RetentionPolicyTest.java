package io.github.checkpoint4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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
    assertThat(kept(RetentionPolicy.best("other", Direction.MAXIMIZE, 1), moments)).isEmpty();
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

  @Test
  void a_direction_follows_hugging_faces_rule() {
    assertThat(Direction.of("eval_loss")).isEqualTo(Direction.MINIMIZE);
    assertThat(Direction.of("loss")).isEqualTo(Direction.MINIMIZE);
    assertThat(Direction.of("eval_accuracy")).isEqualTo(Direction.MAXIMIZE);
    assertThat(Direction.of("loss_ratio")).isEqualTo(Direction.MAXIMIZE);
  }
}
