package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.Retention;
import io.github.checkpoint4j.RetentionPolicy;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.store.CheckpointInfo;
import io.github.checkpoint4j.store.CheckpointStore;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;

/**
 * What pruning a run comes to.
 *
 * @param dryRun whether nothing is deleted
 */
record Pruning(Path run, boolean dryRun, Checkpoints checkpoints, Retention retention) {

  /**
   * What a policy makes of a run.
   *
   * @param unverified whether those made in Python are judged, too
   */
  static Pruning of(
      Path run,
      boolean dryRun,
      Checkpoints checkpoints,
      RetentionPolicy policy,
      boolean unverified,
      Instant now) {
    return new Pruning(
        run,
        dryRun,
        checkpoints,
        unverified
            ? Retention.withUnverified(checkpoints.all(), policy, checkpoints.objective(), now)
            : Retention.of(checkpoints.all(), policy, checkpoints.objective(), now));
  }

  /** Deletes what is given up. */
  void carryOut(CheckpointStore store) throws IOException {
    for (CheckpointInfo surplus : retention.surplus()) {
      store.delete(surplus);
    }
  }

  /** The bytes of the checkpoints that are given up. */
  long freed() {
    return retention.surplus().stream().mapToLong(CheckpointInfo::size).sum();
  }

  /** The names of those, oldest first. */
  List<String> surplus() {
    return retention.surplus().stream().map(CheckpointInfo::name).toList();
  }

  Json.Obj json() {
    return Json.object()
        .put("run", run.toString())
        .put("dry_run", dryRun)
        .put("deleted", retention.surplus().size())
        .put("freed", freed())
        .put("checkpoints", Json.array(retention.decisions().stream().map(this::decision).toList()))
        .build();
  }

  private Json decision(Retention.Decision decision) {
    Json.Builder json = Json.object();
    checkpoints.json(decision.checkpoint()).members().forEach(json::put);
    return json.put("kept", decision.kept())
        .put("reasons", Plain.texts(decision.reasons()))
        .build();
  }
}
