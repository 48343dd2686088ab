package io.github.checkpoint4j;

import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.store.Checkpoint;
import io.github.checkpoint4j.store.CheckpointContent;
import io.github.checkpoint4j.store.CheckpointInfo;
import io.github.checkpoint4j.store.CheckpointStore;
import io.github.checkpoint4j.store.Objective;
import io.github.checkpoint4j.store.Recovery;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

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
 * <p><b>In the background.</b> With {@link CheckpointerBuilder#background}, or by {@link
 * #saveInBackground}, another thread saves a copy of the state while the loop goes on. What happens
 * to a tensor after the call does not reach the checkpoint. One save is in flight at a time: the
 * next waits for it. Until it is durable, {@link #latest}, {@link #best} and {@link #checkpoints}
 * do not show it, and nothing is deleted for it; what else needs the directory waits. If it fails,
 * that is thrown once: by the next {@link #step}, {@link #saveInBackground}, {@link #pollSave} or
 * {@link #awaitSave}, and if none comes by {@link #close}, which waits as well. A JVM whose other
 * threads end waits too; {@link System#exit} and signals do not (see {@link GracefulStop}), and
 * then it is as with a kill.
 *
 * <p>For one thread. The thread must not be interrupted while it saves: the save then fails. A save
 * in the background goes on.
 */
public final class Checkpointer implements AutoCloseable {
  private final Saver saver;
  private final Components components;
  private final SaveStrategy strategy;
  private final Optional<Objective> objective;
  private final Json.Obj hyperparameters;
  private final Json.Obj fingerprint;
  private final boolean background;
  private final boolean incremental;
  private final boolean verify;
  private final InstantSource clock;
  private final Progress progress;
  private Optional<Resumption> resumption = Optional.empty();

  Checkpointer(CheckpointerBuilder builder, CheckpointStore store) throws IOException {
    this.components = builder.components;
    this.strategy = builder.strategy.orElse(SaveStrategy.never());
    this.objective = builder.objective;
    this.hyperparameters = builder.hyperparameters.orElse(Json.object(Map.of()));
    this.fingerprint = builder.fingerprint.orElse(Json.object(Map.of()));
    this.background = builder.background;
    this.incremental = builder.incremental;
    this.verify = builder.verify;
    this.clock = builder.clock;
    this.saver = new Saver(store, builder.policy.orElse(RetentionPolicy.all()), objective, clock);
    this.progress =
        new Progress(store.directory(), saver.list(), builder.overwrite, clock.instant());
  }

  /** A builder of a checkpointer whose checkpoints are in this directory, created if missing. */
  public static CheckpointerBuilder in(Path run) {
    return new CheckpointerBuilder(run);
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
    Optional<Resumption> found = reader().newest(saver.store());
    if (found.isPresent()) {
      resumed(found.get());
    }
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

  /**
   * Puts a further file into every checkpoint saved from now on, for instance one that lay in the
   * checkpoint resumed from.
   *
   * @throws IllegalArgumentException if the name cannot be a file's, or another part of the
   *     checkpoint has it
   */
  public void file(String name, FileContent content) {
    components.file(name, () -> content);
  }

  private void resumed(Resumption loaded) throws IOException {
    resumption = Optional.of(loaded);
    progress.resume(loaded, saver.beginAnew(), clock.instant());
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
    return saver.store().recovery();
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
   * @return a checkpoint that became durable: that of this step if one was saved; in the background
   *     an earlier one, if it was not told before. Each is told once
   * @throws IllegalArgumentException if the step is not after the one before; and as {@link #save}
   * @throws IOException as {@link #save}; or because an earlier save in the background failed, and
   *     then nothing is done: the step may be told again
   */
  public Optional<CheckpointInfo> step(long step, double epoch, Map<String, Double> metrics)
      throws IOException {
    Moment now = new Moment(step, epoch, metrics, clock.instant());
    progress.reachNext(now);
    saver.throwFailure();
    boolean due = strategy.shouldSave(now, progress.past(saver.saved()));
    Optional<CheckpointInfo> durable =
        !due ? saver.poll() : background ? saveInBackground(now) : Optional.of(save(now));
    progress.completed(now);
    return durable;
  }

  /**
   * Saves now, and then deletes what the policy gives up. A save in flight is waited for first; its
   * failure is not thrown here.
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
    Moment now = new Moment(step, epoch, metrics, clock.instant());
    progress.reach(now);
    return save(now);
  }

  private CheckpointInfo save(Moment now) throws IOException {
    requireTracked(now.metrics().keySet());
    boolean replace = progress.mayReplace(now);
    return pausing(
        () ->
            saver.save(
                now, () -> content(now, components.state(), replace), progress.ofAnotherRun()));
  }

  private interface Waiting<T> {
    T run() throws IOException;
  }

  /** Does what training waits for. */
  private <T> T pausing(Waiting<T> save) throws IOException {
    Instant begin = clock.instant();
    try {
      return save.run();
    } finally {
      progress.paused(new Pause(begin, clock.instant()));
    }
  }

  /**
   * Copies the state now, and has another thread save it as {@link #save} does. Waits until the
   * save before is durable.
   *
   * @return the checkpoint of the save before, if there was one that was not told before
   * @throws IOException if an earlier save in the background failed, and then nothing is done: it
   *     may be tried again
   * @throws IllegalArgumentException as {@link #save}; for the step, the epoch and a state that its
   *     file's format cannot hold, as a failure of the save in the background
   * @throws IllegalStateException as {@link #save}
   * @throws OutOfMemoryError if there is no memory for the copy; then nothing is done
   */
  public Optional<CheckpointInfo> saveInBackground(
      long step, double epoch, Map<String, Double> metrics) throws IOException {
    Moment now = new Moment(step, epoch, metrics, clock.instant());
    progress.reach(now);
    return saveInBackground(now);
  }

  private Optional<CheckpointInfo> saveInBackground(Moment now) throws IOException {
    requireTracked(now.metrics().keySet());
    boolean replace = progress.mayReplace(now);
    return pausing(
        () ->
            saver.saveInBackground(
                now,
                components::state,
                copy -> content(now, copy, replace),
                progress.ofAnotherRun()));
  }

  /**
   * The checkpoint that became durable in the background and was not told before. Does not wait.
   *
   * @throws IOException if the save failed; thrown once
   */
  public Optional<CheckpointInfo> pollSave() throws IOException {
    return saver.poll();
  }

  /** As {@link #pollSave()}, when no save is in flight any more. */
  public Optional<CheckpointInfo> awaitSave() throws IOException {
    return saver.await();
  }

  private CheckpointContent content(Moment now, TrackedState state, boolean replace) {
    return new CheckpointContent(
        now.step(),
        now.epoch(),
        now.metrics(),
        state.content(),
        fingerprint,
        hyperparameters,
        now.time(),
        objective,
        replace,
        incremental);
  }

  /** A training loop, or a part of one. */
  @FunctionalInterface
  public interface Loop<X extends Exception> {
    void run() throws IOException, X;
  }

  /**
   * Runs a training loop. If it ends with an exception or error, the state is saved as it is then,
   * under the last step that was told, unless that step has a checkpoint; and what it ended with is
   * thrown on. If saving fails, that is a suppressed exception of it.
   *
   * <p>An exception from the middle of a step may leave a state that is neither that of the last
   * step nor of the next: a run that goes on from it loses no more than that step, but need not be
   * bit for bit the run without the exception.
   *
   * <pre>{@code
   * checkpointer.saveOnException(() -> {
   *   while (step < total) {
   *     checkpointer.step(++step, trainOneStep());
   *   }
   * });
   * }</pre>
   */
  public <X extends Exception> void saveOnException(Loop<X> loop) throws IOException, X {
    try {
      loop.run();
    } catch (Throwable e) {
      // An interrupt that ended the loop must not fail the save.
      boolean interrupted = Thread.interrupted();
      try {
        saveReached();
      } catch (IOException | RuntimeException | Error failure) {
        // Java has OutOfMemoryErrors that it throws again and again; one cannot suppress itself.
        if (!failure.equals(e)) {
          e.addSuppressed(failure);
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
      throw e;
    }
  }

  private void saveReached() throws IOException {
    Optional<Moment> last = progress.reached();
    boolean saved = last.map(Moment::step).equals(saver.newest().map(CheckpointInfo::step));
    if (last.isPresent() && !saved) {
      save(last.get());
    }
  }

  private void requireTracked(Set<String> metrics) {
    if (objective.isPresent()
        && !metrics.contains(objective.get().metric())
        && metrics.stream().anyMatch(name -> name.startsWith("eval_"))) {
      throw unknownMetric(objective.get().metric(), metrics);
    }
  }

  private static IllegalArgumentException unknownMetric(String metric, Set<String> present) {
    return new IllegalArgumentException(
        "the best checkpoint is told by '%s', which was not measured; there are: %s"
            .formatted(metric, String.join(", ", new TreeSet<>(present))));
  }

  /** What saving costs the run since it was opened or resumed, and what a failure would cost. */
  public Overhead overhead() {
    return progress.overhead(saver.durable(), clock.instant());
  }

  /** The newest checkpoint that is whole as far as names and sizes tell. */
  public Optional<CheckpointInfo> latest() throws IOException {
    return saver.list().reversed().stream().filter(CheckpointInfo::usable).findFirst();
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
    List<CheckpointInfo> present = saver.list();
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
    return saver.list();
  }

  /**
   * Opens a checkpoint for reading.
   *
   * @throws io.github.checkpoint4j.format.CorruptFileException if it is damaged
   * @throws java.nio.file.NoSuchFileException if it is not there any more
   */
  public Checkpoint open(CheckpointInfo checkpoint) throws IOException {
    return saver.store().open(checkpoint);
  }

  /** Pins a checkpoint: it is kept whatever the policy says. */
  public CheckpointInfo pin(CheckpointInfo checkpoint) throws IOException {
    return saver.pin(checkpoint);
  }

  /** Leaves a checkpoint to the policy again. */
  public CheckpointInfo unpin(CheckpointInfo checkpoint) throws IOException {
    return saver.unpin(checkpoint);
  }

  /**
   * Waits for the save in flight, and gives up the directory; does nothing the second time.
   *
   * @throws IOException if a save in the background failed, and that was not thrown before; the
   *     directory is given up all the same
   */
  @Override
  public void close() throws IOException {
    saver.close();
  }
}
