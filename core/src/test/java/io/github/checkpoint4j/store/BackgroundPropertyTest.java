package io.github.checkpoint4j.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.Checkpointer;
import io.github.checkpoint4j.Direction;
import io.github.checkpoint4j.LiveTensors;
import io.github.checkpoint4j.RetentionPolicy;
import io.github.checkpoint4j.SaveStrategy;
import io.github.checkpoint4j.format.FileContent;
import java.io.IOException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;

/** Saving in the background leaves the files that saving at once leaves. */
class BackgroundPropertyTest {
  /** Something that a loop does. */
  enum Action {
    STEP,
    TRAIN,
    SAVE,
    SAVE_IN_BACKGROUND,
    POLL,
    AWAIT,
    REOPEN
  }

  /** A loop, and what it was told. */
  private static final class Run implements AutoCloseable {
    private final CrashStorage disk = new CrashStorage();
    private final boolean background;
    private final LiveTensors model = LiveTensors.of("weight", 5000).add("bias", 3).add("none", 0);
    private final List<Long> told = new ArrayList<>();
    private Checkpointer checkpointer;
    private long step;
    private int trained;

    Run(boolean background) throws IOException {
      this.background = background;
      this.checkpointer = open();
    }

    private Checkpointer open() throws IOException {
      InstantSource clock = () -> Instant.EPOCH.plusSeconds(step);
      return Checkpointer.in(CrashStorage.MOUNT.resolve("run"))
          .track("model", model)
          .track("optimizer", model)
          .file("trained.json", () -> FileContent.of(String.valueOf(trained)))
          .save(SaveStrategy.everySteps(2).or(SaveStrategy.onImprovement("m", Direction.MAXIMIZE)))
          .best("m", Direction.MAXIMIZE)
          .keep(RetentionPolicy.latest(2))
          .background(background)
          .clock(clock)
          .open(disk);
    }

    void perform(Action action) throws IOException {
      switch (action) {
        case STEP -> tell(checkpointer.step(++step, metrics()));
        case TRAIN -> model.fill(++trained);
        case SAVE -> told.add(checkpointer.save(++step, 0, metrics()).step());
        case SAVE_IN_BACKGROUND -> {
          if (background) {
            tell(checkpointer.saveInBackground(++step, 0, metrics()));
          } else {
            perform(Action.SAVE);
          }
        }
        case POLL -> tell(checkpointer.pollSave());
        case AWAIT -> tell(checkpointer.awaitSave());
        case REOPEN -> {
          close();
          checkpointer = open();
          step = checkpointer.resume().map(CheckpointInfo::step).orElse(0L);
        }
      }
    }

    private Map<String, Double> metrics() {
      return Map.of("m", (double) (step * 7919 % 31));
    }

    private void tell(Optional<CheckpointInfo> checkpoint) {
      checkpoint.ifPresent(info -> told.add(info.step()));
    }

    @Override
    public void close() throws IOException {
      tell(checkpointer.awaitSave());
      checkpointer.close();
    }
  }

  @Provide
  Arbitrary<List<Action>> actions() {
    return Arbitraries.frequencyOf(
            Tuple.of(5, Arbitraries.of(Action.STEP, Action.TRAIN)),
            Tuple.of(2, Arbitraries.of(Action.SAVE_IN_BACKGROUND, Action.SAVE)),
            Tuple.of(1, Arbitraries.of(Action.POLL, Action.AWAIT, Action.REOPEN)))
        .list()
        .ofMinSize(3)
        .ofMaxSize(20);
  }

  @Property(tries = 200)
  void the_same_loop_leaves_the_same_files_and_is_told_the_same(
      @ForAll("actions") List<Action> actions) throws IOException {
    try (Run atOnce = new Run(false);
        Run background = new Run(true)) {
      for (Action action : actions) {
        atOnce.perform(action);
        background.perform(action);
      }
      atOnce.perform(Action.REOPEN);
      background.perform(Action.REOPEN);
      assertThat(background.disk.bestCrash().key()).isEqualTo(atOnce.disk.bestCrash().key());
      assertThat(background.disk.operations()).isEqualTo(atOnce.disk.operations());
      assertThat(background.told).containsExactlyInAnyOrderElementsOf(atOnce.told);
    }
  }
}
