package io.github.checkpoint4j.bench;

import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.store.Checkpoint;
import io.github.checkpoint4j.store.TrainerLayout;
import io.github.checkpoint4j.store.Verification;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Loading 1 GiB from the page cache into the memory of a model that is there. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3)
@Measurement(iterations = 7)
@Fork(1)
public class WarmLoad {
  private final Arena arena = Arena.ofShared();
  private final Map<String, MemorySegment> model = new LinkedHashMap<>();
  private final Saved saved = Saved.none();
  private Path checkpoint = saved.directory();

  @Setup
  public void save() throws IOException {
    try (Arena source = Arena.ofShared()) {
      StateDict weights = Gpt2.weights(source);
      checkpoint = saved.commit(weights).directory();
      // Read once from end to end, as before a resume: the save went past the page cache.
      Verification.of(checkpoint).requireClean();
      for (String name : weights.names()) {
        long size = weights.tensor(name).byteSize();
        // Written to, so that loading does not pay for the system's first touch of it.
        model.put(name, arena.allocate(size, 64).fill((byte) 1));
      }
    }
  }

  /** The file that is loaded. */
  Path file() {
    return checkpoint.resolve(TrainerLayout.file(TrainerLayout.MODEL));
  }

  @Benchmark
  public void load() throws IOException {
    try (Checkpoint open = Checkpoint.open(checkpoint)) {
      copy(open);
    }
  }

  /** As a resume does: every byte is compared with its checksum first. */
  @Benchmark
  public void verifiedLoad() throws IOException {
    try (Checkpoint open = Checkpoint.open(checkpoint)) {
      open.verify().requireClean();
      copy(open);
    }
  }

  private void copy(Checkpoint open) throws IOException {
    StateDict state = open.state(TrainerLayout.MODEL);
    for (Map.Entry<String, MemorySegment> parameter : model.entrySet()) {
      parameter.getValue().copyFrom(state.tensor(parameter.getKey()).bytes());
    }
  }

  @TearDown
  public void close() throws IOException {
    saved.close();
    arena.close();
  }
}
