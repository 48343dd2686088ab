package io.github.checkpoint4j.bench;

import io.github.checkpoint4j.format.SafeTensors;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.store.CheckpointInfo;
import io.github.checkpoint4j.store.FileChecksums;
import io.github.checkpoint4j.store.LocalStorage;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
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

/** Saving 1 GiB until it is on the disk. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 2)
@Measurement(iterations = 5)
@Fork(1)
public class DurableSave {
  private final Arena arena = Arena.ofShared();
  private final StateDict weights = Gpt2.weights(arena);
  private final Saved saved = Saved.none();
  private final Path bare = saved.directory().resolve("bare.safetensors");

  /** A checkpoint in a run, by the whole protocol. */
  @Benchmark
  public CheckpointInfo commit() throws IOException {
    return saved.commit(weights);
  }

  /** The file alone. */
  @Benchmark
  public FileChecksums bare() throws IOException {
    LocalStorage storage = LocalStorage.instance();
    FileChecksums written = storage.write(bare, SafeTensors.write(weights, Map.of()));
    storage.sync(bare);
    return written;
  }

  @TearDown(Level.Invocation)
  public void delete() throws IOException {
    saved.delete();
    Files.deleteIfExists(bare);
  }

  @TearDown
  public void close() throws IOException {
    saved.close();
    arena.close();
  }
}
