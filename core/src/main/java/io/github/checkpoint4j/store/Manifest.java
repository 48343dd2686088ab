package io.github.checkpoint4j.store;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.Json;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * The record of a commit: what a checkpoint holds, down to the checksum of every tensor. FORMAT.md
 * states its form on disk, {@link ManifestFile} reads and writes it.
 *
 * @param name {@code checkpoint-N}
 * @param step optimizer steps made
 * @param epoch passes over the data made; empty if not counted
 * @param metrics by name; may be NaN or infinite
 * @param sequence place in the order of commits of the run, from 1 to 2^63 - 2
 * @param time when the checkpoint was taken
 * @param objective the metric that tells the best checkpoint, if one was tracked
 * @param older names of checkpoints without a readable sequence that were there before this one
 * @param files every file but the manifest and the pin, by name
 * @param fingerprint what a bit-exact resume depends on
 * @param hyperparameters those of the run
 * @param writer program and version that wrote it
 */
public record Manifest(
    String name,
    long step,
    OptionalDouble epoch,
    Map<String, Double> metrics,
    long sequence,
    Instant time,
    Optional<Objective> objective,
    List<String> older,
    Map<String, FileChecksums> files,
    Json.Obj fingerprint,
    Json.Obj hyperparameters,
    String writer) {
  /** The name of a manifest's file. */
  public static final String FILE = "manifest.json";

  /** The newest version of the form on disk that is known here, and the one that is written. */
  public static final int VERSION = 1;

  /**
   * @throws IllegalArgumentException if the name is not that of the step, a number is negative, the
   *     sequence is not positive or has no next one, there is no file, a name may not be a file's,
   *     or the sizes' sum is over {@link Long#MAX_VALUE}
   */
  public Manifest {
    if (step < 0 || !name.equals(CheckpointName.of(step).toString())) {
      throw new IllegalArgumentException("'" + name + "' is not the checkpoint of step " + step);
    }
    if (sequence < 1 || sequence == Long.MAX_VALUE) {
      throw new IllegalArgumentException(
          "sequence %d is not from 1 to %d".formatted(sequence, Long.MAX_VALUE - 1));
    }
    if (epoch.isPresent() && !(epoch.getAsDouble() >= 0 && Double.isFinite(epoch.getAsDouble()))) {
      throw new IllegalArgumentException("epoch " + epoch.getAsDouble() + " is not a count");
    }
    if (files.isEmpty()) {
      throw new IllegalArgumentException("there is no file");
    }
    for (String file : files.keySet()) {
      FileName.require(file);
      if (file.equals(FILE) || file.equals(Checkpoint.PIN)) {
        throw new IllegalArgumentException("'" + file + "' is not one of the listed files");
      }
    }
    long size = 0;
    for (FileChecksums file : files.values()) {
      if (file.size() > Long.MAX_VALUE - size) {
        throw new IllegalArgumentException("the files have more bytes than a long holds");
      }
      size += file.size();
    }
    metrics = Collections.unmodifiableMap(new LinkedHashMap<>(metrics));
    older = List.copyOf(older);
    files = Collections.unmodifiableMap(new LinkedHashMap<>(files));
  }

  /**
   * Returns if the value can be written into a manifest.
   *
   * @param what what it is, for the message
   * @throws IllegalArgumentException if it has what RFC 8259 has no form for: a number that is not
   *     finite, half a surrogate pair
   */
  public static void requireJson(String what, Json json) {
    byte[] text = json.toText().getBytes(StandardCharsets.UTF_8);
    try {
      Json.parse(MemorySegment.ofArray(text), what);
    } catch (CorruptFileException e) {
      throw new IllegalArgumentException(
          what + " cannot be written as JSON (RFC 8259): " + e.getMessage(), e);
    }
  }

  /** The sum of the files' sizes in bytes. */
  public long size() {
    return files.values().stream().mapToLong(FileChecksums::size).sum();
  }
}
