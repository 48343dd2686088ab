package io.github.checkpoint4j;

import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.state.Stateful;
import io.github.checkpoint4j.store.CheckpointStore;
import io.github.checkpoint4j.store.Manifest;
import io.github.checkpoint4j.store.Objective;
import io.github.checkpoint4j.store.Sharding;
import io.github.checkpoint4j.store.Storage;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/** Says what a run's checkpoints hold, and when they are saved and kept. */
public final class CheckpointerBuilder {
  private final Path run;
  final Components components = new Components();
  Optional<SaveStrategy> strategy = Optional.empty();
  Optional<RetentionPolicy> policy = Optional.empty();
  Optional<Objective> objective = Optional.empty();
  Optional<Json.Obj> hyperparameters = Optional.empty();
  Optional<Json.Obj> fingerprint = Optional.empty();
  boolean background;
  boolean overwrite;
  boolean incremental;
  boolean verify = true;
  InstantSource clock = InstantSource.system();

  CheckpointerBuilder(Path run) {
    this.run = run;
  }

  /**
   * Saves and resumes the state of {@code stateful}, in the file that {@link
   * io.github.checkpoint4j.store.TrainerLayout} gives a component of this name.
   *
   * @throws IllegalArgumentException if another part of the checkpoint is in that file
   */
  public CheckpointerBuilder track(String component, Stateful stateful) {
    components.track(component, stateful);
    return this;
  }

  /**
   * Saves a file, made anew at each save, on the thread that calls for it. It is not read at a
   * resume.
   *
   * @throws IllegalArgumentException if another part of the checkpoint is in that file
   */
  public CheckpointerBuilder file(String name, Supplier<FileContent> content) {
    components.file(name, content);
    return this;
  }

  /** When {@link Checkpointer#step} saves; never if this is not called. */
  public CheckpointerBuilder save(SaveStrategy when) {
    strategy = once("save", strategy, when);
    return this;
  }

  /** Which checkpoints are kept; all if this is not called. */
  public CheckpointerBuilder keep(RetentionPolicy which) {
    policy = once("keep", policy, which);
    return this;
  }

  /** Tracks the metric that tells the best checkpoint, which is then never deleted. */
  public CheckpointerBuilder best(String metric, Direction direction) {
    objective = once("best", objective, new Objective(metric, direction == Direction.MAXIMIZE));
    return this;
  }

  /**
   * The run's hyperparameters, to be saved, and compared at a resume.
   *
   * @throws IllegalArgumentException if a number is not finite: JSON has no form for it
   */
  public CheckpointerBuilder hyperparameters(Json.Obj values) {
    Manifest.requireJson("the hyperparameters", values);
    hyperparameters = once("hyperparameters", hyperparameters, values);
    return this;
  }

  /**
   * What a bit-exact resume depends on (threads, library version, device), to be saved, and
   * compared at a resume.
   *
   * @throws IllegalArgumentException if a number is not finite: JSON has no form for it
   */
  public CheckpointerBuilder fingerprint(Json.Obj values) {
    Manifest.requireJson("the fingerprint", values);
    fingerprint = once("fingerprint", fingerprint, values);
    return this;
  }

  /**
   * Whether {@link Checkpointer#step} leaves saving to another thread, and returns as soon as the
   * state is copied in memory; if not called, it returns when the checkpoint is durable. The copy
   * takes as much memory again as the state, outside the heap, from the first save until closing;
   * the first takes longer than the others, since the memory is only taken from the system then.
   */
  public CheckpointerBuilder background(boolean save) {
    background = save;
    return this;
  }

  /** Whether a save replaces a checkpoint of the same step; if not called, that is an error. */
  public CheckpointerBuilder overwrite(boolean replace) {
    overwrite = replace;
    return this;
  }

  /**
   * Saves incrementally: the frozen tensors of the component {@code model} are written into shards
   * of their own, and a file of tensors that is, byte for byte, as in the newest committed
   * checkpoint is not written again but shared with it, by a hard link, where the file system has
   * them. Every checkpoint is whole by itself all the same. Only a program that writes into a
   * shared file, instead of replacing it, changes every checkpoint that has it.
   *
   * @param frozen the names of the tensors that training leaves alone, asked for at each save; if
   *     one that it names is not in the model, the save fails
   */
  public CheckpointerBuilder incremental(Supplier<Set<String>> frozen) {
    components.freeze(frozen);
    incremental = true;
    return this;
  }

  /**
   * How many bytes the tensors of a file of the component {@code model} take at most, as {@code
   * max_shard_size} of {@code save_pretrained}: a larger model is saved in shards with an index. A
   * tensor that takes more has a shard to itself. If this is not called, it is {@link
   * Sharding#DEFAULT_MAX_SHARD_SIZE}. {@link Sharding#bytes} reads texts such as {@code 5GB}.
   *
   * @throws IllegalArgumentException if it is not positive
   */
  public CheckpointerBuilder maxShardSize(long bytes) {
    components.split(bytes);
    return this;
  }

  /** Whether a resume reads and compares every checksum first; it does if this is not called. */
  public CheckpointerBuilder verify(boolean compare) {
    verify = compare;
    return this;
  }

  /** The clock; the system's if this is not called. */
  public CheckpointerBuilder clock(InstantSource source) {
    clock = source;
    return this;
  }

  /**
   * Opens the directory: creates it if it is missing, takes its lock, and clears away what a writer
   * that was killed left behind.
   *
   * @throws io.github.checkpoint4j.store.CheckpointLockedException if another writer has it open
   * @throws IOException if it cannot be created or written
   */
  public Checkpointer open() throws IOException {
    return open(CheckpointStore.open(run));
  }

  /** As {@link #open()}, on any storage. */
  public Checkpointer open(Storage storage) throws IOException {
    return open(CheckpointStore.open(storage, run));
  }

  private Checkpointer open(CheckpointStore store) throws IOException {
    try {
      return new Checkpointer(this, store);
    } catch (IOException | RuntimeException | Error e) {
      try {
        store.close();
      } catch (IOException closing) {
        e.addSuppressed(closing);
      }
      throw e;
    }
  }

  private static <T> Optional<T> once(String what, Optional<T> before, T value) {
    if (before.isPresent()) {
      throw new IllegalStateException(
          what + " was called before; combine what is wanted in one call");
    }
    return Optional.of(value);
  }
}
