package io.github.checkpoint4j.store;

import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.format.Json;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What a checkpoint is to hold.
 *
 * @param step optimizer steps made; the checkpoint is called {@code checkpoint-}step
 * @param epoch passes over the data made, with the fraction of the one begun; NaN if not counted
 * @param metrics by name; may be NaN or infinite
 * @param files by name, written in this order; at least one
 * @param fingerprint what a bit-exact resume depends on: threads, library version, device
 * @param hyperparameters those of the run
 * @param time when it was taken
 * @param objective the metric that tells the best checkpoint, if one is tracked
 * @param overwrite whether a checkpoint of this step is replaced; otherwise it is an error
 * @param incremental whether a file of tensors that is, byte for byte, as in the newest committed
 *     checkpoint is not written, but shared with it by a hard link, where the file system has them.
 *     Whoever writes into such a file changes both checkpoints; a copy has its own
 */
public record CheckpointContent(
    long step,
    double epoch,
    Map<String, Double> metrics,
    Map<String, FileContent> files,
    Json.Obj fingerprint,
    Json.Obj hyperparameters,
    Instant time,
    Optional<Objective> objective,
    boolean overwrite,
    boolean incremental) {

  /**
   * @throws IllegalArgumentException if the step or the epoch is negative or the epoch infinite, if
   *     there is no file, if a name cannot be a file's or is one that the store writes, or if the
   *     metrics' names, the fingerprint or the hyperparameters have what RFC 8259 has no form for:
   *     a number that is not finite, half a surrogate pair
   */
  public CheckpointContent {
    if (step < 0) {
      throw new IllegalArgumentException("step " + step + " is negative");
    }
    if (epoch < 0 || Double.isInfinite(epoch)) {
      throw new IllegalArgumentException("epoch " + epoch + " is negative or infinite");
    }
    if (files.isEmpty()) {
      throw new IllegalArgumentException("a checkpoint needs at least one file");
    }
    for (String name : files.keySet()) {
      FileName.require(name);
      if (name.equals(Manifest.FILE) || name.equals(Checkpoint.PIN)) {
        throw new IllegalArgumentException("'" + name + "' is written by the store itself");
      }
    }
    Manifest.requireJson("the fingerprint", fingerprint);
    Manifest.requireJson("the hyperparameters", hyperparameters);
    Map<String, Json> names = new LinkedHashMap<>();
    metrics.keySet().forEach(name -> names.put(name, Json.Null.NULL));
    Manifest.requireJson("the metrics", Json.object(names));
    metrics = Collections.unmodifiableMap(new LinkedHashMap<>(metrics));
    files = Collections.unmodifiableMap(new LinkedHashMap<>(files));
  }

  /** With files of its own. */
  public CheckpointContent(
      long step,
      double epoch,
      Map<String, Double> metrics,
      Map<String, FileContent> files,
      Json.Obj fingerprint,
      Json.Obj hyperparameters,
      Instant time,
      Optional<Objective> objective,
      boolean overwrite) {
    this(
        step,
        epoch,
        metrics,
        files,
        fingerprint,
        hyperparameters,
        time,
        objective,
        overwrite,
        false);
  }

  /** With files of its own, and without a metric that tells the best checkpoint. */
  public CheckpointContent(
      long step,
      double epoch,
      Map<String, Double> metrics,
      Map<String, FileContent> files,
      Json.Obj fingerprint,
      Json.Obj hyperparameters,
      Instant time,
      boolean overwrite) {
    this(
        step,
        epoch,
        metrics,
        files,
        fingerprint,
        hyperparameters,
        time,
        Optional.empty(),
        overwrite);
  }

  /** The sum of the files' sizes in bytes. */
  long size() {
    return files.values().stream().mapToLong(FileContent::size).reduce(0, Math::addExact);
  }
}
