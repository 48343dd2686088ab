package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.Change;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.store.Checkpoint;
import io.github.checkpoint4j.store.CheckpointInfo;
import io.github.checkpoint4j.store.Manifest;
import io.github.checkpoint4j.store.Standing;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a bit-exact resume depends on was not the same at two commits in a row.
 *
 * @param before the earlier of the two checkpoints
 * @param after the later
 */
record FingerprintChange(String before, String after, Change change) {

  /** All of them in a run, in the order of its commits. */
  static List<FingerprintChange> in(Checkpoints checkpoints) throws IOException {
    List<FingerprintChange> changes = new ArrayList<>();
    Optional<Manifest> last = Optional.empty();
    for (CheckpointInfo info : checkpoints.all()) {
      if (info.standing() != Standing.COMMITTED) {
        continue;
      }
      Optional<Manifest> manifest = manifest(info);
      if (manifest.isPresent()) {
        last.ifPresent(earlier -> add(changes, earlier, manifest.get()));
        last = manifest;
      }
    }
    return changes;
  }

  private static Optional<Manifest> manifest(CheckpointInfo info) throws IOException {
    try (Checkpoint checkpoint = Checkpoint.open(info.directory())) {
      return checkpoint.manifest();
    } catch (NoSuchFileException e) {
      // A writer that is at work deleted it since.
      return Optional.empty();
    }
  }

  private static void add(List<FingerprintChange> changes, Manifest earlier, Manifest later) {
    Change.between("", earlier.fingerprint(), later.fingerprint())
        .forEach(
            change -> changes.add(new FingerprintChange(earlier.name(), later.name(), change)));
  }

  Json json() {
    return Json.object()
        .put("before", before)
        .put("after", after)
        .put("name", change.name())
        .put("saved", change.saved())
        .put("now", change.now())
        .build();
  }
}
