package io.github.checkpoint4j;

import io.github.checkpoint4j.store.Checkpoint;
import io.github.checkpoint4j.store.CheckpointInfo;
import io.github.checkpoint4j.store.GatedStorage;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A run that saves in the background, on a disk that the test holds up. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
abstract class BackgroundFixture {
  static final Instant BEGIN = Instant.parse("2026-03-01T12:00:00Z");

  /** The first file of a save is written. */
  static final String FIRST_WRITE = "write model.safetensors";

  /** The rename that shows a checkpoint is made durable. */
  static final String ACKNOWLEDGE = "syncDirectory run";

  @TempDir Path temporary;
  Path run;
  final GatedStorage storage = new GatedStorage();
  final LiveTensors model = LiveTensors.of("weight", 1000);
  final AtomicLong seconds = new AtomicLong();

  @BeforeEach
  void name() {
    run = temporary.resolve("run");
  }

  CheckpointerBuilder builder() {
    InstantSource clock = () -> BEGIN.plusSeconds(seconds.get());
    return Checkpointer.in(run).track("model", model).background(true).clock(clock);
  }

  Checkpointer savingEverySteps(long steps) throws IOException {
    return builder().save(SaveStrategy.everySteps(steps)).open(storage);
  }

  /** Tells a step; returns the step of the checkpoint that is told of. */
  static Optional<Long> tell(Checkpointer checkpointer, long step) throws IOException {
    return step(checkpointer.step(step, Map.of()));
  }

  static Optional<Long> step(Optional<CheckpointInfo> checkpoint) {
    return checkpoint.map(CheckpointInfo::step);
  }

  static List<Long> steps(List<CheckpointInfo> checkpoints) {
    return checkpoints.stream().map(CheckpointInfo::step).toList();
  }

  /** The byte that the model of a checkpoint is filled with. */
  int saved(long step) throws IOException {
    try (Checkpoint checkpoint = Checkpoint.open(run.resolve("checkpoint-" + step))) {
      checkpoint.verify().requireClean();
      return checkpoint.state("model").tensor("weight").toByteArray()[999];
    }
  }

  /** Lets the disk go on as soon as this thread waits. */
  void openWhenThisThreadWaits() {
    Thread waiting = Thread.currentThread();
    Thread.ofPlatform()
        .start(
            () -> {
              while (waiting.getState() != Thread.State.WAITING) {
                Thread.onSpinWait();
              }
              storage.open();
            });
  }
}
