package io.github.checkpoint4j.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * Whatever a crash or a kill left, a diagnosis changes nothing, and what it says the next writer's
 * recovery will do is what that does.
 */
class DiagnosisCrashTest {
  private static final Path RUN = Exploration.RUN;
  private static final long SEED = 20_260_701;
  private static final int LIMIT = 60;

  private final Random random = new Random(SEED);
  private final Set<Long> seen = new HashSet<>();
  private final Set<Long> killed = new HashSet<>();
  private long repaired;

  @Test
  void what_it_says_would_be_done_is_what_the_next_open_does() throws IOException {
    for (Script script :
        List.of(
            new Script().save(1).save(2).delete(1).save(3),
            new Script().save(5).overwrite(5).save(3).overwrite(5),
            new Script().save(1).pin(1).overwrite(1).unpin(1).delete(1).save(1))) {
      explore(script);
    }
    for (int i = 0; i < 6; i++) {
      explore(Script.random(6, random));
    }
    System.out.printf(
        "diagnosed %d states, %d of them to repair%n", seen.size() + killed.size(), repaired);
    assertThat(seen.size() + killed.size()).isGreaterThan(2000);
    assertThat(repaired).isGreaterThan(500);
  }

  private void explore(Script script) throws IOException {
    CrashStorage disk = new CrashStorage();
    disk.observe(() -> compare(disk));
    CheckpointStore store = CheckpointStore.open(disk, RUN);
    for (Script.Step step : script.steps()) {
      if (step.reopens()) {
        store.close();
        store = CheckpointStore.open(disk, RUN);
      }
      step.perform(store);
    }
    disk.observe(() -> {});
    store.close();
  }

  private void compare(CrashStorage disk) {
    for (CrashState state : disk.crashStates(LIMIT, random)) {
      if (seen.add(state.key())) {
        compareWithOpen(state.storage());
      }
    }
    if (killed.add(disk.bestCrash().key())) {
      compareWithOpen(disk.kill());
    }
  }

  private void compareWithOpen(CrashStorage left) {
    try {
      if (left.find(RUN).isEmpty()) {
        return;
      }
      long before = left.bestCrash().key();
      Diagnosis diagnosis = Diagnosis.of(left, RUN);
      assertThat(left.bestCrash().key()).isEqualTo(before);
      List<CheckpointInfo> listed;
      try (CheckpointStore store = CheckpointStore.readOnly(left, RUN)) {
        listed = store.list();
      }
      assertThat(diagnosis.checkpoints()).isEqualTo(listed);
      try (CheckpointStore store = CheckpointStore.open(left, RUN)) {
        assertThat(store.recovery()).isEqualTo(diagnosis.expected());
        repaired += diagnosis.leftovers().isEmpty() ? 0 : 1;
      }
      assertThat(left.openMaps()).isEmpty();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
