package io.github.checkpoint4j.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.Checkpointer;
import io.github.checkpoint4j.RetentionPolicy;
import io.github.checkpoint4j.SaveStrategy;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Stateful;
import io.github.checkpoint4j.state.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever a crash takes of a save in the background, it takes of one that the loop waits for. */
class BackgroundCrashTest {
  private static final Path RUN = CrashStorage.MOUNT.resolve("run");
  private static final int STEPS = 6;
  private static final int LIMIT = 40;

  /** A tensor whose value is the number of steps made. */
  private static final class Steps implements Stateful {
    private long made;

    @Override
    public StateDict stateDict() {
      return StateDict.builder().put("made", Tensor.ofLongs(new long[] {made})).build();
    }

    @Override
    public void loadStateDict(StateDict state) {
      made = state.tensor("made").toLongs()[0];
    }
  }

  private static Checkpointer open(Storage disk, Steps steps, boolean background)
      throws IOException {
    return Checkpointer.in(RUN)
        .track("model", steps)
        .track("optimizer", steps)
        .save(SaveStrategy.everySteps(2))
        .keep(RetentionPolicy.latest(1))
        .background(background)
        .clock(InstantSource.fixed(Instant.EPOCH))
        .open(disk);
  }

  /** Trains; tells the last step whose checkpoint was acknowledged. */
  private static void train(CrashStorage disk, boolean background, AtomicLong acknowledged)
      throws IOException {
    Steps steps = new Steps();
    try (Checkpointer checkpointer = open(disk, steps, background)) {
      for (int step = 1; step <= STEPS; step++) {
        steps.made = step;
        tell(checkpointer.step(step, Map.of()), acknowledged);
      }
      tell(checkpointer.awaitSave(), acknowledged);
    }
  }

  private static void tell(Optional<CheckpointInfo> durable, AtomicLong acknowledged) {
    durable.ifPresent(info -> acknowledged.set(info.step()));
  }

  @Test
  void the_disk_sees_the_same_operations_in_the_same_order() throws IOException {
    CrashStorage atOnce = new CrashStorage();
    CrashStorage background = new CrashStorage();
    train(atOnce, false, new AtomicLong());
    train(background, true, new AtomicLong());
    assertThat(background.operations()).isEqualTo(atOnce.operations()).hasSizeGreaterThan(30);
    assertThat(background.worstCrash().key()).isEqualTo(atOnce.worstCrash().key());
    assertThat(background.openMaps()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void a_run_that_goes_on_after_a_crash_has_what_was_acknowledged(boolean background)
      throws IOException {
    CrashStorage disk = new CrashStorage();
    Random random = new Random(7);
    Set<List<Long>> seen = Collections.synchronizedSet(new HashSet<>());
    List<AssertionError> failures = Collections.synchronizedList(new ArrayList<>());
    AtomicLong acknowledged = new AtomicLong();
    disk.observe(
        () -> {
          long least = acknowledged.get();
          for (CrashState state : disk.crashStates(LIMIT, random)) {
            if (seen.add(List.of(state.key(), least))) {
              try {
                requireWhole(state, least, background);
              } catch (IOException | RuntimeException | AssertionError e) {
                failures.add(new AssertionError(state.toString(), e));
              }
            }
          }
        });
    train(disk, background, acknowledged);
    assertThat(failures).isEmpty();
    assertThat(acknowledged).hasValue(STEPS);
    assertThat(seen.size()).isGreaterThan(200);
  }

  private static void requireWhole(CrashState state, long least, boolean background)
      throws IOException {
    Steps steps = new Steps();
    try (Checkpointer checkpointer = open(state.storage(), steps, background)) {
      long resumed = checkpointer.resume().map(CheckpointInfo::step).orElse(0L);
      assertThat(resumed).isGreaterThanOrEqualTo(least).isIn(0L, 2L, 4L, 6L);
      assertThat(steps.made).isEqualTo(resumed);
      assertThat(checkpointer.skipped()).isEmpty();
      steps.made = resumed + 100;
      checkpointer.saveInBackground(resumed + 100, 0, Map.of());
      checkpointer.awaitSave();
      steps.made = 0;
      assertThat(checkpointer.resume().orElseThrow().step()).isEqualTo(resumed + 100);
      assertThat(steps.made).isEqualTo(resumed + 100);
    }
  }
}
