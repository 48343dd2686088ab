package io.github.checkpoint4j;

import io.github.checkpoint4j.store.CheckpointInfo;
import io.github.checkpoint4j.store.CrashedAtEnd;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** A loop with a model, an optimizer and random numbers, whose disk is crashed after each test. */
abstract class TrackedLoop {
  static final Instant BEGIN = Instant.parse("2026-03-01T12:00:00Z");

  @TempDir Path temporary;
  @RegisterExtension final CrashedAtEnd disk = new CrashedAtEnd(() -> temporary);
  final List<String> loads = new ArrayList<>();
  final Counter model = new Counter("model", loads);
  final Counter optimizer = new Counter("optimizer", loads);
  final Counter random = new Counter("rng", loads);
  final AtomicLong seconds = new AtomicLong();
  Path run;

  @BeforeEach
  final void name() {
    run = temporary.resolve("run");
  }

  final CheckpointerBuilder builder() {
    InstantSource clock = () -> BEGIN.plusSeconds(seconds.get());
    return Checkpointer.in(run)
        .track("rng", random)
        .track("model", model)
        .track("optimizer", optimizer)
        .clock(clock);
  }

  final void train(Checkpointer checkpointer, long from, long to) throws IOException {
    for (long step = from; step <= to; step++) {
      model.set((float) step);
      optimizer.set((float) -step);
      random.set((float) (step * 2));
      checkpointer.step(step, step / 4.0, Map.of());
    }
  }

  static List<Long> steps(Checkpointer checkpointer) throws IOException {
    return checkpointer.checkpoints().stream().map(CheckpointInfo::step).toList();
  }

  static void flipLastByte(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length - 1] ^= 1;
    Files.write(file, bytes);
  }
}
