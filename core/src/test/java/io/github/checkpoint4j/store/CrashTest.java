package io.github.checkpoint4j.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * No crash and no kill, at any moment, loses a checkpoint or leaves a part of one. The number of
 * states and the seed are set with {@code -Dcheckpoint4j.crash.states=} and {@code
 * -Dcheckpoint4j.crash.seed=}.
 */
class CrashTest {
  private static final long STATES = Long.getLong("checkpoint4j.crash.states", 300_000);
  private static final long SEED = Long.getLong("checkpoint4j.crash.seed", 20_260_101);

  /** Explorers that work side by side; what they find does not depend on the processors. */
  private static final int EXPLORERS = 4;

  private static final List<Script> SCRIPTS =
      List.of(
          new Script().save(1).save(2).delete(1).save(3),
          new Script().save(5).overwrite(5).save(3).overwrite(5),
          new Script().save(1).save(2).save(3).pin(2).keepLatest(1).unpin(2).keepLatest(1),
          new Script().save(1).save(2).save(3).save(4).pin(2).saveAndKeepLatest(5, 1),
          new Script().save(1).pin(1).overwrite(1).unpin(1).delete(1).save(1),
          new Script().save(1).reopen().save(2).delete(2).reopen().overwrite(1),
          new Script().save(100).save(101).delete(100).save(102).overwrite(101).reopen(),
          new Script().save(100).overwrite(100).save(101).pin(100).keepLatest(1).save(102));

  /** Explores the scripts it is given, and then random ones of its own. */
  private static final class Explorer {
    private final Exploration exploration;
    private final Random random;
    private final Queue<Script> given = new ArrayDeque<>();
    private int scripts;

    Explorer(long seed) {
      exploration = new Exploration(disk -> disk, seed);
      random = new Random(seed);
    }

    void next() {
      try {
        exploration.explore(given.isEmpty() ? Script.random(8, random) : given.remove());
        scripts++;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  @Test
  void every_acknowledged_checkpoint_survives_and_no_half_one_is_seen() {
    List<Explorer> explorers = new ArrayList<>();
    for (int i = 0; i < EXPLORERS; i++) {
      explorers.add(new Explorer(SEED + i));
    }
    for (int i = 0; i < SCRIPTS.size(); i++) {
      explorers.get(i % EXPLORERS).given.add(SCRIPTS.get(i));
    }
    Set<Long> states = new HashSet<>();
    Set<Long> kills = new HashSet<>();
    do {
      explorers.parallelStream().forEach(Explorer::next);
      for (Explorer explorer : explorers) {
        states.addAll(explorer.exploration.states());
        kills.addAll(explorer.exploration.kills());
      }
    } while (states.size() < STATES);
    System.out.printf(
        "crash: %d distinct states after a power loss, %d after a kill, in %d scripts, seed %d%n",
        states.size(),
        kills.size(),
        explorers.stream().mapToInt(explorer -> explorer.scripts).sum(),
        SEED);
    assertThat(states).hasSizeGreaterThanOrEqualTo((int) STATES);
    assertThat(kills).hasSizeGreaterThan(1000);
  }
}
