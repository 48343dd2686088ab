package io.github.checkpoint4j;

import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.state.Stateful;
import io.github.checkpoint4j.store.Checkpoint;
import io.github.checkpoint4j.store.CheckpointContent;
import io.github.checkpoint4j.store.CheckpointInfo;
import io.github.checkpoint4j.store.CheckpointStore;
import io.github.checkpoint4j.store.Manifest;
import io.github.checkpoint4j.store.Objective;
import io.github.checkpoint4j.store.Recovery;
import io.github.checkpoint4j.store.Storage;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;

/**
 * A training loop's one object for checkpoints: it saves when the strategy says so, keeps what the
 * policy says, and resumes.
 *
 * <pre>{@code
 * try (var checkpointer = Checkpointer.in(Path.of("runs/exp1"))
 *     .track("model", model).track("optimizer", optimizer).track("rng", random)
 *     .save(SaveStrategy.everySteps(500).or(SaveStrategy.every(Duration.ofMinutes(30))))
 *     .keep(RetentionPolicy.latest(3))
 *     .best("eval_loss", Direction.MINIMIZE)
 *     .open()) {
 *   long step = checkpointer.resume().map(CheckpointInfo::step).orElse(0L);
 *   while (step < total) {
 *     Map<String, Double> metrics = trainOneStep();
 *     checkpointer.step(++step, metrics);
 *   }
 * }
 * }</pre>
 *
 * <p>A save that returned is durable. Only then are checkpoints that the policy gives up deleted;
 * the newest, the best and pinned ones never are, nor those that were there before, unless this run
 * resumed from one of them or was opened to overwrite.
 *
 * <p>For one thread. The thread must not be interrupted while it saves: the save then fails.
 */
public final class Checkpointer implements AutoCloseable {
  private final CheckpointStore store;
  private final Components components;
  private final SaveStrategy strategy;
  private final RetentionPolicy policy;
  private final Optional<Objective> objective;
  private final Json.Obj hyperparameters;
  private final Json.Obj fingerprint;
  private final boolean verify;
  private final boolean overwrite;
  private final InstantSource clock;

  /** The checkpoints there were at opening. */
  private final List<CheckpointInfo> present;

  /** The moments of the checkpoints there were at opening, and of those saved since. */
  private final List<Moment> saved = new ArrayList<>();

  /** The steps of damaged checkpoints that the run was not resumed from. */
  private final Set<Long> replaceable = new HashSet<>();

  private Moment start;
  private Moment previous;
  private Optional<CheckpointInfo> ahead;
  private Optional<Resumption> resumption = Optional.empty();

  private Checkpointer(Builder builder, CheckpointStore store) throws IOException {
    this.store = store;
    this.components = builder.components;
    this.strategy = builder.strategy.orElse(SaveStrategy.never());
    this.policy = builder.policy.orElse(RetentionPolicy.all());
    this.objective = builder.objective;
    this.hyperparameters = builder.hyperparameters.orElse(Json.object(Map.of()));
    this.fingerprint = builder.fingerprint.orElse(Json.object(Map.of()));
    this.verify = builder.verify;
    this.overwrite = builder.overwrite;
    this.clock = builder.clock;
    this.start = new Moment(0, 0, Map.of(), clock.instant());
    this.previous = start;
    this.present = store.list();
    present.stream().filter(CheckpointInfo::usable).map(Moment::of).forEach(saved::add);
    this.ahead = farthestAfter(-1);
  }

  /** A builder of a checkpointer whose checkpoints are in this directory, created if missing. */
  public static Builder in(Path run) {
    return new Builder(run);
  }

  /**
   * Loads the newest whole checkpoint into every tracked component, the random numbers last. One
   * that is damaged is passed over for the one before it, and {@link #skipped} says so.
   *
   * @return the checkpoint; empty if there is none at all, so that the run starts from the
   *     beginning
   * @throws io.github.checkpoint4j.format.CorruptFileException if there are checkpoints, and none
   *     is whole
   * @throws io.github.checkpoint4j.format.UnsupportedFeatureException if the newest is of a newer
   *     version, or holds what is not read here
   * @throws io.github.checkpoint4j.state.StateMismatchException if it lacks a tracked component, or
   *     one does not fit; components before it are loaded then
   */
  public Optional<CheckpointInfo> resume() throws IOException {
    Optional<Resumption> found = reader().newest(store);
    found.ifPresent(this::resumed);
    return found.map(Resumption::checkpoint);
  }

  /**
   * Loads the checkpoint in this directory, of this run or another, as {@link #resume()} does.
   *
   * @throws io.github.checkpoint4j.format.CorruptFileException if it is not whole
   * @throws io.github.checkpoint4j.format.UnsupportedFeatureException if it is of a newer version,
   *     or holds what is not read here
   * @throws io.github.checkpoint4j.state.StateMismatchException if it lacks a tracked component, or
   *     one does not fit; components before it are loaded then
   * @throws java.nio.file.NoSuchFileException if there is no such directory
   */
  public CheckpointInfo resume(Path checkpoint) throws IOException {
    try (Checkpoint open = Checkpoint.open(checkpoint)) {
      Resumption loaded = reader().load(open, List.of());
      resumed(loaded);
      return loaded.checkpoint();
    }
  }

  private Resumption.Reader reader() {
    return new Resumption.Reader(components, hyperparameters, fingerprint, verify);
  }

  private void resumed(Resumption loaded) {
    resumption = Optional.of(loaded);
    Moment then = Moment.of(loaded.checkpoint());
    start = new Moment(then.step(), then.epoch(), then.metrics(), clock.instant());
    previous = start;
    loaded.skipped().forEach(skip -> replaceable.add(skip.checkpoint().step()));
    ahead = farthestAfter(loaded.checkpoint().step());
  }

  /**
   * What is not as it was when the checkpoint resumed from was saved: hyperparameters by their
   * names, the fingerprint's members as {@code fingerprint.}name. Empty if nothing was resumed, or
   * if the checkpoint was made in Python and has no record.
   */
  public List<Change> changes() {
    return resumption.map(Resumption::changes).orElse(List.of());
  }

  /** The newer checkpoints that {@link #resume()} passed over, newest first. */
  public List<Skipped> skipped() {
    return resumption.map(Resumption::skipped).orElse(List.of());
  }

  /** What was cleared away after a writer that was killed. */
  public Recovery recovery() {
    return store.recovery();
  }

  /** {@link #step(long, double, Map)} in a run that does not count epochs. */
  public Optional<CheckpointInfo> step(long step, Map<String, Double> metrics) throws IOException {
    return step(step, Double.NaN, metrics);
  }

  /**
   * Tells that a step was made, and saves if the strategy says so.
   *
   * @param step optimizer steps made, this one counted
   * @param epoch passes over the data made, with the fraction of the one begun; NaN if not counted
   * @param metrics what was measured at this step; empty if nothing was
   * @return the checkpoint saved, if one was
   * @throws IllegalArgumentException if the step is not after the one before; and as {@link #save}
   * @throws IOException as {@link #save}
   */
  public Optional<CheckpointInfo> step(long step, double epoch, Map<String, Double> metrics)
      throws IOException {
    if (step <= previous.step()) {
      throw new IllegalArgumentException(
          "step " + step + " is not after step " + previous.step() + "; steps go up");
    }
    requireAhead(step);
    Moment now = new Moment(step, epoch, metrics, clock.instant());
    boolean due = strategy.shouldSave(now, new SaveStrategy.Past(start, previous, saved));
    Optional<CheckpointInfo> checkpoint = due ? Optional.of(save(now)) : Optional.empty();
    previous = now;
    return checkpoint;
  }

  /**
   * Saves now, and then deletes what the policy gives up.
   *
   * @param step optimizer steps made
   * @param epoch passes over the data made, with the fraction of the one begun; NaN if not counted
   * @param metrics what was measured at this step; empty if nothing was
   * @return the checkpoint, durable
   * @throws java.nio.file.FileAlreadyExistsException if there is one of this step, and the
   *     checkpointer was not opened to overwrite
   * @throws IOException if it could not be saved: then everything is as it was, and saving may be
   *     tried again; or if it was saved and another could not be deleted, as the message says
   * @throws IllegalArgumentException if the step or epoch is negative, or if {@code metrics} are
   *     those of an evaluation (there is a name with {@code eval_}) and the tracked metric is not
   *     among them, or the policy goes by a metric that no checkpoint has
   * @throws IllegalStateException if there are checkpoints of later steps that this run did not
   *     resume from, and the checkpointer was not opened to overwrite
   */
  public CheckpointInfo save(long step, double epoch, Map<String, Double> metrics)
      throws IOException {
    requireAhead(step);
    return save(new Moment(step, epoch, metrics, clock.instant()));
  }

  private CheckpointInfo save(Moment now) throws IOException {
    requireTracked(now.metrics().keySet());
    requireDecidable(now);
    CheckpointInfo checkpoint =
        store.commit(
            new CheckpointContent(
                now.step(),
                now.epoch(),
                now.metrics(),
                components.content(),
                fingerprint,
                hyperparameters,
                now.time(),
                objective,
                overwrite || replaceable.contains(now.step())));
    saved.removeIf(moment -> moment.step() == now.step());
    saved.add(now);
    retain(checkpoint, now);
    return checkpoint;
  }

  private void retain(CheckpointInfo checkpoint, Moment now) throws IOException {
    for (CheckpointInfo surplus :
        Retention.of(store.list(), policy, objective, now.time()).surplus()) {
      if (isOfAnotherRun(surplus)) {
        continue;
      }
      try {
        store.delete(surplus);
      } catch (IOException e) {
        throw new IOException(
            "%s is saved, but an older checkpoint was not deleted: %s"
                .formatted(checkpoint.directory(), e.getMessage()),
            e);
      }
    }
  }

  /** Whether it was there before this run, which neither goes on from here nor replaces it. */
  private boolean isOfAnotherRun(CheckpointInfo checkpoint) {
    boolean resumedHere =
        resumption
            .map(loaded -> loaded.checkpoint().directory().toAbsolutePath().normalize())
            .filter(from -> store.directory().normalize().equals(from.getParent()))
            .isPresent();
    return !overwrite
        && !resumedHere
        && present.stream()
            .anyMatch(
                before ->
                    before.name().equals(checkpoint.name())
                        && before.sequence() == checkpoint.sequence());
  }

  /** Fails a save before anything is written if the policy could not decide after it. */
  private void requireDecidable(Moment now) {
    List<Moment> then = new ArrayList<>(saved);
    then.removeIf(moment -> moment.step() == now.step());
    then.add(now);
    policy.keep(then, now.time());
  }

  private void requireTracked(Set<String> metrics) {
    String evaluation = "eval_";
    if (objective.isPresent()
        && !metrics.contains(objective.get().metric())
        && metrics.stream().anyMatch(name -> name.startsWith(evaluation))) {
      throw unknownMetric(objective.get().metric(), metrics);
    }
  }

  private static IllegalArgumentException unknownMetric(String metric, Set<String> present) {
    return new IllegalArgumentException(
        "the best checkpoint is told by '%s', which was not measured; there are: %s"
            .formatted(metric, String.join(", ", new TreeSet<>(present))));
  }

  private void requireAhead(long step) {
    if (!overwrite && ahead.isPresent() && step <= ahead.get().step()) {
      throw new IllegalStateException(
          ("step %d is not after %s, from which this run did not resume. Resume from it, or use"
                  + " another directory, or open with overwrite to replace checkpoints")
              .formatted(step, ahead.get().directory()));
    }
  }

  /** The farthest checkpoint that is whole, was not passed over, and is after this step. */
  private Optional<CheckpointInfo> farthestAfter(long step) {
    return present.stream()
        .filter(info -> info.usable() && info.step() > step && !replaceable.contains(info.step()))
        .max(Comparator.comparingLong(CheckpointInfo::step));
  }

  /** The newest checkpoint that is whole as far as names and sizes tell. */
  public Optional<CheckpointInfo> latest() throws IOException {
    return store.list().reversed().stream().filter(CheckpointInfo::usable).findFirst();
  }

  /**
   * The best checkpoint by the tracked metric; empty if none has a finite value of it. Of equal
   * ones the earliest.
   *
   * @throws IllegalStateException if no metric is tracked
   * @throws IllegalArgumentException if checkpoints have metrics, and none has the tracked one; the
   *     message names those there are
   */
  public Optional<CheckpointInfo> best() throws IOException {
    Objective tracked =
        objective.orElseThrow(
            () ->
                new IllegalStateException(
                    "no metric tells the best checkpoint: name one with best(metric, direction)"));
    List<CheckpointInfo> present = store.list();
    Set<String> metrics = Retention.metrics(present);
    if (!metrics.isEmpty() && !metrics.contains(tracked.metric())) {
      throw unknownMetric(tracked.metric(), metrics);
    }
    return Retention.best(present, tracked);
  }

  /**
   * The best of these checkpoints, by the metric that the run that made them tracked: the one that
   * the newest commit records. Empty if none is recorded, or none has a finite value.
   *
   * @param checkpoints oldest first
   */
  public static Optional<CheckpointInfo> bestOf(List<CheckpointInfo> checkpoints) {
    return Retention.recorded(checkpoints)
        .flatMap(objective -> Retention.best(checkpoints, objective));
  }

  /** All checkpoints, oldest first, damaged ones too. */
  public List<CheckpointInfo> checkpoints() throws IOException {
    return store.list();
  }

  /**
   * Opens a checkpoint for reading.
   *
   * @throws io.github.checkpoint4j.format.CorruptFileException if it is damaged
   * @throws java.nio.file.NoSuchFileException if it is not there any more
   */
  public Checkpoint open(CheckpointInfo checkpoint) throws IOException {
    return store.open(checkpoint);
  }

  /** Pins a checkpoint: it is kept whatever the policy says. */
  public CheckpointInfo pin(CheckpointInfo checkpoint) throws IOException {
    return store.pin(checkpoint);
  }

  /** Leaves a checkpoint to the policy again. */
  public CheckpointInfo unpin(CheckpointInfo checkpoint) throws IOException {
    return store.unpin(checkpoint);
  }

  /** Gives up the directory; does nothing the second time. */
  @Override
  public void close() throws IOException {
    store.close();
  }

  /** Says what a run's checkpoints hold, and when they are saved and kept. */
  public static final class Builder {
    private final Path run;
    private final Components components = new Components();
    private Optional<SaveStrategy> strategy = Optional.empty();
    private Optional<RetentionPolicy> policy = Optional.empty();
    private Optional<Objective> objective = Optional.empty();
    private Optional<Json.Obj> hyperparameters = Optional.empty();
    private Optional<Json.Obj> fingerprint = Optional.empty();
    private boolean overwrite;
    private boolean verify = true;
    private InstantSource clock = InstantSource.system();

    private Builder(Path run) {
      this.run = run;
    }

    /**
     * Saves and resumes the state of {@code stateful}, in the file that {@link
     * io.github.checkpoint4j.store.TrainerLayout} gives a component of this name.
     *
     * @throws IllegalArgumentException if another part of the checkpoint is in that file
     */
    public Builder track(String component, Stateful stateful) {
      components.track(component, stateful);
      return this;
    }

    /**
     * Saves a file, made anew at each save. It is not read at a resume.
     *
     * @throws IllegalArgumentException if another part of the checkpoint is in that file
     */
    public Builder file(String name, Supplier<FileContent> content) {
      components.file(name, content);
      return this;
    }

    /** When {@link #step} saves; never if this is not called. */
    public Builder save(SaveStrategy when) {
      strategy = once("save", strategy, when);
      return this;
    }

    /** Which checkpoints are kept; all if this is not called. */
    public Builder keep(RetentionPolicy which) {
      policy = once("keep", policy, which);
      return this;
    }

    /** Tracks the metric that tells the best checkpoint, which is then never deleted. */
    public Builder best(String metric, Direction direction) {
      objective = once("best", objective, new Objective(metric, direction == Direction.MAXIMIZE));
      return this;
    }

    /**
     * The run's hyperparameters, to be saved, and compared at a resume.
     *
     * @throws IllegalArgumentException if a number is not finite: JSON has no form for it
     */
    public Builder hyperparameters(Json.Obj values) {
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
    public Builder fingerprint(Json.Obj values) {
      Manifest.requireJson("the fingerprint", values);
      fingerprint = once("fingerprint", fingerprint, values);
      return this;
    }

    /** Whether a save replaces a checkpoint of the same step; if not called, that is an error. */
    public Builder overwrite(boolean replace) {
      overwrite = replace;
      return this;
    }

    /** Whether a resume reads and compares every checksum first; it does if this is not called. */
    public Builder verify(boolean compare) {
      verify = compare;
      return this;
    }

    /** The clock; the system's if this is not called. */
    public Builder clock(InstantSource source) {
      clock = source;
      return this;
    }

    /**
     * Opens the directory: creates it if it is missing, takes its lock, and clears away what a
     * writer that was killed left behind.
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
}
