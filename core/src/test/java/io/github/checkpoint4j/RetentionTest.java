package io.github.checkpoint4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.store.CheckpointInfo;
import io.github.checkpoint4j.store.Objective;
import io.github.checkpoint4j.store.Standing;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RetentionTest {
  private static final Instant BEGIN = Instant.parse("2026-03-01T12:00:00Z");
  private static final Optional<Objective> BY_LOSS = Optional.of(new Objective("eval_loss", false));
  private static final RetentionPolicy NONE = (saved, now) -> Set.of();

  private static CheckpointInfo info(long step, double loss, boolean pinned, Standing standing) {
    return new CheckpointInfo(
        "checkpoint-" + step,
        Path.of("run/checkpoint-" + step),
        step,
        OptionalDouble.empty(),
        Map.of("eval_loss", loss),
        standing == Standing.COMMITTED ? step : 0,
        BEGIN,
        100,
        pinned,
        standing,
        Optional.empty(),
        standing == Standing.DAMAGED ? Optional.of("cut short") : Optional.empty());
  }

  private static CheckpointInfo committed(long step, double loss) {
    return info(step, loss, false, Standing.COMMITTED);
  }

  private static List<Long> surplus(Retention retention) {
    return retention.surplus().stream().map(CheckpointInfo::step).toList();
  }

  private static String told(Retention retention) {
    StringBuilder told = new StringBuilder();
    for (Retention.Decision decision : retention.decisions()) {
      told.append(decision.kept() ? "keep " : "give up ")
          .append(decision.checkpoint().step())
          .append(": ")
          .append(String.join(", ", decision.reasons()))
          .append('\n');
    }
    return told.toString();
  }

  @Test
  void every_decision_has_its_reasons() {
    List<CheckpointInfo> present =
        List.of(
            committed(1, 3),
            committed(2, 1),
            info(3, 2, true, Standing.COMMITTED),
            info(4, 2, false, Standing.DAMAGED),
            info(5, 2, false, Standing.UNVERIFIED),
            committed(6, 2),
            committed(8, 2),
            committed(7, 2),
            info(9, 9, false, Standing.UNVERIFIED));
    RetentionPolicy policy = RetentionPolicy.everySteps(4).or(RetentionPolicy.latest(1));

    assertThat(told(Retention.of(present, policy, BY_LOSS, BEGIN)))
        .isEqualTo(
            """
            give up 1: not every 4 steps or newest 1
            keep 2: the best by eval_loss
            keep 3: pinned
            keep 4: damaged, so left alone
            keep 5: unverified, so left alone
            give up 6: not every 4 steps or newest 1
            keep 8: every 4 steps
            keep 7: the newest committed
            keep 9: the newest, newest 1
            """);
    assertThat(told(Retention.withUnverified(present, policy, BY_LOSS, BEGIN)))
        .contains("give up 5: not every 4 steps", "keep 4: damaged", "keep 9: the newest");
  }

  @Test
  void a_policy_that_keeps_nothing_loses_neither_newest_nor_best_nor_pinned() {
    List<CheckpointInfo> present =
        List.of(
            committed(30, 1),
            info(10, 5, true, Standing.COMMITTED),
            committed(20, 2),
            committed(5, Double.NaN));
    assertThat(surplus(Retention.of(present, NONE, BY_LOSS, BEGIN))).containsExactly(20L);
    assertThat(surplus(Retention.of(present, NONE, Optional.empty(), BEGIN)))
        .containsExactly(30L, 20L);
  }

  @Test
  void the_only_one_that_a_manifest_vouches_for_is_kept_beside_a_newer_unverified_one() {
    List<CheckpointInfo> present =
        List.of(committed(1, 3), committed(2, 2), info(3, 1, false, Standing.UNVERIFIED));
    assertThat(surplus(Retention.of(present, RetentionPolicy.latest(1), BY_LOSS, BEGIN)))
        .containsExactly(1L);
  }

  @Test
  void a_policy_may_answer_with_moments_of_its_own() {
    RetentionPolicy own =
        (saved, now) ->
            Set.of(
                new Moment(1, 0, Map.of(), Instant.EPOCH),
                new Moment(1, 7, Map.of(), BEGIN),
                new Moment(99, 0, Map.of(), BEGIN));
    assertThat(
            surplus(
                Retention.of(
                    List.of(committed(1, 3), committed(2, 2), committed(3, 3)),
                    own,
                    Optional.empty(),
                    BEGIN)))
        .containsExactly(2L);
  }

  @Test
  void a_metric_that_none_has_deletes_nothing_and_is_an_error() {
    assertThatThrownBy(
            () ->
                Retention.of(
                    List.of(committed(1, 3), committed(2, 2)),
                    RetentionPolicy.best("eval_los", Direction.MINIMIZE, 1),
                    BY_LOSS,
                    BEGIN))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("there are: eval_loss");
  }

  @Test
  void without_checkpoints_there_is_nothing_to_decide() {
    assertThat(Retention.of(List.of(), NONE, BY_LOSS, BEGIN).decisions()).isEmpty();
  }
}
