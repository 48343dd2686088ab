package io.github.checkpoint4j;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.StateMismatchException;
import io.github.checkpoint4j.store.Checkpoint;
import io.github.checkpoint4j.store.CheckpointInfo;
import io.github.checkpoint4j.store.CheckpointStore;
import io.github.checkpoint4j.store.Manifest;
import io.github.checkpoint4j.store.Standing;
import io.github.checkpoint4j.store.TrainerLayout;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The loading of a checkpoint into a run.
 *
 * @param checkpoint the checkpoint loaded
 * @param changes what was otherwise when it was saved; empty also if it has no manifest to say
 * @param skipped newer checkpoints that are not whole, newest first
 */
record Resumption(CheckpointInfo checkpoint, List<Change> changes, List<Skipped> skipped) {

  /** Reads checkpoints for a run. */
  record Reader(
      Components components, Json.Obj hyperparameters, Json.Obj fingerprint, boolean verify) {

    /**
     * Loads the newest checkpoint that is whole; empty if there is none at all.
     *
     * @throws CorruptFileException if there are some, and none is whole
     */
    Optional<Resumption> newest(CheckpointStore store) throws IOException {
      List<CheckpointInfo> present = store.list();
      List<Skipped> skipped = new ArrayList<>();
      for (CheckpointInfo info : present.reversed()) {
        try (Checkpoint checkpoint = store.open(info)) {
          return Optional.of(load(checkpoint, skipped));
        } catch (CorruptFileException e) {
          skipped.add(new Skipped(info, String.valueOf(e.getMessage())));
        }
      }
      if (present.isEmpty()) {
        return Optional.empty();
      }
      throw new CorruptFileException(
          "none of the %d checkpoints in %s is whole: %s. Move them away to start anew."
              .formatted(
                  present.size(),
                  store.directory(),
                  skipped.stream().map(Skipped::reason).collect(Collectors.joining("; "))));
    }

    /**
     * Loads a checkpoint.
     *
     * @throws CorruptFileException if it is not whole, before anything is loaded; or if someone
     *     cuts a file short while it is being loaded, and then components before it are loaded
     * @throws StateMismatchException if it does not fit
     */
    Resumption load(Checkpoint checkpoint, List<Skipped> skipped) throws IOException {
      if (verify) {
        checkpoint.verify().requireClean();
      }
      List<String> missing = components.missing(checkpoint);
      if (!missing.isEmpty()) {
        throw missing(checkpoint, missing);
      }
      Map<String, StateDict> states = components.read(checkpoint);
      try {
        components.load(states);
      } catch (InternalError e) {
        checkpoint.requireReadable();
        throw e;
      }
      List<Change> changes = new ArrayList<>();
      checkpoint.manifest().ifPresent(manifest -> changes.addAll(changesSince(manifest)));
      return new Resumption(checkpoint.info(), List.copyOf(changes), List.copyOf(skipped));
    }

    /** One without a manifest may have been cut short; a committed one never had the component. */
    private static CorruptFileException missing(Checkpoint checkpoint, List<String> missing)
        throws StateMismatchException {
      String message =
          "%s has no %s; its files are %s"
              .formatted(
                  checkpoint.info().directory(),
                  missing.stream()
                      .map(component -> component + " (" + TrainerLayout.file(component) + ")")
                      .collect(Collectors.joining(", ")),
                  checkpoint.files());
      if (checkpoint.info().standing() == Standing.UNVERIFIED) {
        return new CorruptFileException(
            message + ". It has no manifest, so saving it may have been cut short");
      }
      throw new StateMismatchException(message + ". Do not track what was not saved");
    }

    private List<Change> changesSince(Manifest manifest) {
      List<Change> changes =
          new ArrayList<>(Change.between("", manifest.hyperparameters(), hyperparameters));
      changes.addAll(Change.between("fingerprint.", manifest.fingerprint(), fingerprint));
      return changes;
    }
  }
}
