package io.github.checkpoint4j.bench;

import io.github.checkpoint4j.Checkpointer;
import io.github.checkpoint4j.RetentionPolicy;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Stateful;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.state.Value;
import io.github.checkpoint4j.store.CheckpointInfo;
import io.github.checkpoint4j.store.TrainerLayout;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** How long a training is held up by a save of 1 GiB in the background, next to a plain copy. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 2)
@Measurement(iterations = 5)
@Fork(1)
public class BackgroundSave {
  private final Arena arena = Arena.ofShared();
  private final StateDict weights = Gpt2.weights(arena);
  private final MemorySegment copy = arena.allocate(byteSize(weights), 64);
  private final Path run = directory();
  private final Checkpointer checkpointer = open(run, weights);
  private long step;

  private static long byteSize(StateDict weights) {
    long size = 0;
    for (Value value : weights.entries().values()) {
      size += ((Tensor) value).byteSize();
    }
    return size;
  }

  private static Path directory() {
    try {
      return Files.createTempDirectory(Saved.DIRECTORY, "checkpoint4j-bench-");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Checkpointer open(Path run, StateDict weights) {
    Stateful model =
        new Stateful() {
          @Override
          public StateDict stateDict() {
            return weights;
          }

          @Override
          public void loadStateDict(StateDict state) {
            throw new UnsupportedOperationException("only saves are timed");
          }
        };
    try {
      return Checkpointer.in(run)
          .track(TrainerLayout.MODEL, model)
          .keep(RetentionPolicy.latest(1))
          .open();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Until the training goes on. */
  @Benchmark
  public void blocked() throws IOException {
    checkpointer.saveInBackground(++step, Double.NaN, Map.of());
  }

  /** Until the checkpoint is on the disk, and the one before it deleted. */
  @Benchmark
  public Optional<CheckpointInfo> durable() throws IOException {
    blocked();
    return checkpointer.awaitSave();
  }

  /** The bytes into memory that was used before, by one thread. */
  @Benchmark
  public void memcpy() {
    long at = 0;
    for (Value value : weights.entries().values()) {
      Tensor tensor = (Tensor) value;
      MemorySegment.copy(tensor.bytes(), 0, copy, at, tensor.byteSize());
      at += tensor.byteSize();
    }
  }

  /** Waits for the save, which is not timed. */
  @TearDown(Level.Invocation)
  public void await() throws IOException {
    checkpointer.awaitSave();
  }

  @TearDown
  public void close() throws IOException {
    checkpointer.close();
    try (Stream<Path> files = Files.walk(run)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
    arena.close();
  }
}
