package io.github.checkpoint4j;

import io.github.checkpoint4j.store.CheckpointInfo;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/** How far a run is, and how its steps lie to the checkpoints that were there when it began. */
final class Progress {
  private final Path run;
  private final List<CheckpointInfo> present;
  private final boolean overwrite;

  /** The steps of damaged checkpoints that the run was not resumed from. */
  private final Set<Long> replaceable = new HashSet<>();

  /** Whether the run goes on from a checkpoint in its own directory. */
  private boolean resumedHere;

  /** Those since the start. */
  private final List<Pause> pauses = new ArrayList<>();

  private Moment start;
  private Moment previous;
  private Moment reached;
  private Optional<CheckpointInfo> ahead;

  /**
   * @param run the run's directory
   * @param present the checkpoints there are, oldest first
   * @param overwrite whether the run may replace them
   */
  Progress(Path run, List<CheckpointInfo> present, boolean overwrite, Instant now) {
    this.run = run;
    this.present = present;
    this.overwrite = overwrite;
    begin(new Moment(0, 0, Map.of(), now), farthestAfter(-1, present));
  }

  private void begin(Moment moment, Optional<CheckpointInfo> farthest) {
    start = moment;
    previous = moment;
    reached = moment;
    ahead = farthest;
    pauses.clear();
  }

  /**
   * The run goes on from a checkpoint.
   *
   * @param there the checkpoints there are now, those that it has made itself among them
   */
  void resume(Resumption from, List<CheckpointInfo> there, Instant now) {
    from.skipped().forEach(skip -> replaceable.add(skip.checkpoint().step()));
    Moment then = Moment.of(from.checkpoint());
    Path directory = from.checkpoint().directory().toAbsolutePath().normalize();
    resumedHere = run.normalize().equals(directory.getParent());
    begin(
        new Moment(then.step(), then.epoch(), then.metrics(), now),
        farthestAfter(then.step(), there));
  }

  /** The farthest checkpoint that is whole, was not passed over, and is after this step. */
  private Optional<CheckpointInfo> farthestAfter(long step, List<CheckpointInfo> there) {
    return there.stream()
        .filter(info -> info.usable() && info.step() > step && !replaceable.contains(info.step()))
        .max(Comparator.comparingLong(CheckpointInfo::step));
  }

  /** The state is that of this moment now, whatever comes of a save of it. */
  void reach(Moment now) {
    if (!overwrite && ahead.isPresent() && now.step() <= ahead.get().step()) {
      throw new IllegalStateException(
          ("step %d is not after %s, from which this run did not resume. Resume from it, or use"
                  + " another directory, or open with overwrite to replace checkpoints")
              .formatted(now.step(), ahead.get().directory()));
    }
    reached = now;
  }

  /** As {@link #reach}, in a loop that tells its steps. */
  void reachNext(Moment now) {
    if (now.step() <= previous.step()) {
      throw new IllegalArgumentException(
          "step " + now.step() + " is not after step " + previous.step() + "; steps go up");
    }
    reach(now);
  }

  /** All that was to be done after this step is done. */
  void completed(Moment now) {
    previous = now;
  }

  /** The last moment the run reached; empty if it has not gone on from where it began. */
  Optional<Moment> reached() {
    return reached.equals(start) ? Optional.empty() : Optional.of(reached);
  }

  /** Training waited for a save. */
  void paused(Pause pause) {
    pauses.add(pause);
  }

  Overhead overhead(List<Overhead.Durable> saves, Instant now) {
    return Overhead.of(start.time(), now, pauses, saves);
  }

  /** What a strategy goes by, with the moments of the checkpoints there are. */
  SaveStrategy.Past past(List<Moment> saved) {
    return new SaveStrategy.Past(start, previous, saved, pauses);
  }

  /** Whether a checkpoint of this moment's step may be replaced. */
  boolean mayReplace(Moment now) {
    return overwrite || replaceable.contains(now.step());
  }

  /**
   * Which checkpoints were there before this run, which neither goes on from one of them nor may
   * replace them: they are not its own to delete. For any thread, and as things are now.
   */
  Predicate<CheckpointInfo> ofAnotherRun() {
    if (overwrite || resumedHere) {
      return checkpoint -> false;
    }
    return checkpoint ->
        present.stream()
            .anyMatch(
                before ->
                    before.name().equals(checkpoint.name())
                        && before.sequence() == checkpoint.sequence());
  }
}
