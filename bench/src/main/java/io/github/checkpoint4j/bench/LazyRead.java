package io.github.checkpoint4j.bench;

import io.github.checkpoint4j.format.SafeTensors;
import io.github.checkpoint4j.store.Checkpoint;
import io.github.checkpoint4j.store.MappedFile;
import io.github.checkpoint4j.store.TrainerLayout;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Opening a file of tensors and reading one of them into memory that is there. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class LazyRead {
  /** How many GiB the file has. */
  @Param({"1", "10"})
  public int size;

  private final Arena arena = Arena.ofShared();
  private final Saved saved = Saved.none();
  private MemorySegment tensor = MemorySegment.NULL;
  private Path checkpoint = saved.directory();
  private Path file = saved.directory();

  @Setup
  public void save() throws IOException {
    try (Arena source = Arena.ofShared()) {
      checkpoint = saved.commit(Gpt2.scaled(source, size)).directory();
    }
    file = checkpoint.resolve(TrainerLayout.file(TrainerLayout.MODEL));
    long bytes;
    try (Checkpoint open = Checkpoint.open(checkpoint)) {
      bytes = open.state(TrainerLayout.MODEL).tensor(Gpt2.ONE_TENSOR).byteSize();
    }
    tensor = arena.allocate(bytes, 64).fill((byte) 1);
  }

  /** The file alone. */
  @Benchmark
  public void bare() throws IOException {
    try (MappedFile open = MappedFile.open(file)) {
      SafeTensors tensors = SafeTensors.parse(open.bytes(), file.toString());
      tensor.copyFrom(tensors.stateDict().tensor(Gpt2.ONE_TENSOR).bytes());
    }
  }

  /** From a checkpoint, whose files are compared with its manifest. */
  @Benchmark
  public void checkpoint() throws IOException {
    try (Checkpoint open = Checkpoint.open(checkpoint)) {
      tensor.copyFrom(open.state(TrainerLayout.MODEL).tensor(Gpt2.ONE_TENSOR).bytes());
    }
  }

  @TearDown
  public void close() throws IOException {
    saved.close();
    arena.close();
  }
}
