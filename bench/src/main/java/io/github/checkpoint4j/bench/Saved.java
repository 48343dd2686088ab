package io.github.checkpoint4j.bench;

import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.store.CheckpointContent;
import io.github.checkpoint4j.store.CheckpointInfo;
import io.github.checkpoint4j.store.CheckpointStore;
import io.github.checkpoint4j.store.TrainerLayout;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/** A run with checkpoints of a model, in a directory of its own that ends with it. */
final class Saved implements AutoCloseable {
  /** Where the benchmarks write; the directory of temporary files if the property is not set. */
  static final Path DIRECTORY =
      Path.of(
          System.getProperty(
              "checkpoint4j.bench.directory", System.getProperty("java.io.tmpdir", "")));

  private final Path run;
  private final CheckpointStore store;
  private Optional<CheckpointInfo> last = Optional.empty();
  private long step;

  private Saved(Path run, CheckpointStore store) {
    this.run = run;
    this.store = store;
  }

  /**
   * A run without a checkpoint.
   *
   * @throws UncheckedIOException if it cannot be made: the classes that JMH derives from a
   *     benchmark cannot declare an exception
   */
  static Saved none() {
    try {
      Path run = Files.createTempDirectory(DIRECTORY, "checkpoint4j-bench-");
      return new Saved(run, CheckpointStore.open(run));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Path directory() {
    return run;
  }

  /** Saves the model in a checkpoint of its own. */
  CheckpointInfo commit(StateDict model) throws IOException {
    FileContent content = TrainerLayout.content(TrainerLayout.MODEL, model);
    CheckpointInfo committed =
        store.commit(
            new CheckpointContent(
                ++step,
                Double.NaN,
                Map.of(),
                Map.of(TrainerLayout.file(TrainerLayout.MODEL), content),
                Json.object(Map.of()),
                Json.object(Map.of()),
                Instant.EPOCH,
                false));
    last = Optional.of(committed);
    return committed;
  }

  /** Deletes the last checkpoint, if there is one. */
  void delete() throws IOException {
    if (last.isPresent()) {
      store.delete(last.get());
      last = Optional.empty();
    }
  }

  @Override
  public void close() throws IOException {
    delete();
    store.close();
    try (var files = Files.list(run)) {
      for (Path file : (Iterable<Path>) files::iterator) {
        Files.delete(file);
      }
    }
    Files.delete(run);
  }
}
