package io.github.checkpoint4j.store;

import java.nio.file.Path;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * What is known of a checkpoint without reading its tensors.
 *
 * @param name {@code checkpoint-N}, or the directory's name if it was opened by its path
 * @param directory where it is
 * @param step optimizer steps made
 * @param epoch passes over the data made, with the fraction of the one begun; empty if not known
 * @param metrics by name; may be NaN or infinite
 * @param sequence place in the order of commits of its run, from 1; 0 if none is recorded
 * @param time when it was taken; of an unverified or damaged one, when its directory last changed
 * @param size bytes of all its files, also of those it shares with other checkpoints: what a copy
 *     of it takes
 * @param pinned whether it is kept whatever the retention policy says
 * @param standing how far it can be trusted
 * @param objective the metric that tells the best checkpoint, if one was tracked
 * @param damage why it is {@link Standing#DAMAGED}; empty otherwise
 */
public record CheckpointInfo(
    String name,
    Path directory,
    long step,
    OptionalDouble epoch,
    Map<String, Double> metrics,
    long sequence,
    Instant time,
    long size,
    boolean pinned,
    Standing standing,
    Optional<Objective> objective,
    Optional<String> damage) {
  public CheckpointInfo {
    metrics = Collections.unmodifiableMap(new LinkedHashMap<>(metrics));
    if (damage.isPresent() != (standing == Standing.DAMAGED)) {
      throw new IllegalArgumentException(name + ": damage is said of a damaged checkpoint only");
    }
  }

  /** Whether it is not {@link Standing#DAMAGED}. */
  public boolean usable() {
    return standing != Standing.DAMAGED;
  }
}
