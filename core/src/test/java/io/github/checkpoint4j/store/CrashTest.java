package io.github.checkpoint4j.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * No crash and no kill, at any moment, loses a checkpoint or leaves a part of one. The number of
 * states and the seed are set with {@code -Dcheckpoint4j.crash.states=} and {@code
 * -Dcheckpoint4j.crash.seed=}.
 */
class CrashTest {
  private static final long STATES = Long.getLong("checkpoint4j.crash.states", 100_000);
  private static final long SEED = Long.getLong("checkpoint4j.crash.seed", 20_260_101);

  /** How many states to look at after one operation: few operations have more. */
  private static final int LIMIT = 1000;

  @Test
  void every_acknowledged_checkpoint_survives_and_no_half_one_is_seen() throws IOException {
    Exploration exploration = new Exploration(disk -> disk, SEED, LIMIT);
    for (Script script :
        List.of(
            new Script().save(1).save(2).delete(1).save(3),
            new Script().save(5).overwrite(5).save(3).overwrite(5),
            new Script().save(1).save(2).save(3).pin(2).keepLatest(1).unpin(2).keepLatest(1),
            new Script().save(1).pin(1).overwrite(1).unpin(1).delete(1).save(1),
            new Script().save(1).reopen().save(2).delete(2).reopen().overwrite(1))) {
      exploration.explore(script);
    }
    Random random = new Random(SEED);
    int scripts = 0;
    while (exploration.states() < STATES) {
      exploration.explore(Script.random(8, random));
      scripts++;
    }
    System.out.printf(
        "explored %d states, %d of them after a kill, in %d random scripts, seed %d%n",
        exploration.states(), exploration.kills(), scripts, SEED);
    assertThat(exploration.states()).isGreaterThanOrEqualTo(STATES);
  }
}
