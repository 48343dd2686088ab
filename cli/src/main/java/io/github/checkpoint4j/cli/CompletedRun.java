package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.store.CheckpointInfo;
import io.github.checkpoint4j.store.CheckpointStore;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Optional;

/** What there is to say of a run when nothing of it is left to do. */
final class CompletedRun {
  private CompletedRun() {}

  /**
   * Prints one JSON document on {@code out}, or a line with what to do next on {@code err}.
   *
   * @param kind what the run is trained on
   * @param more the option of which a greater value makes the run go on
   */
  static void print(
      Path run, TaskKind kind, String more, boolean json, PrintWriter out, PrintStream err)
      throws IOException {
    Checkpoints checkpoints;
    try (CheckpointStore store = CheckpointStore.readOnly(run)) {
      checkpoints = new Checkpoints(store.list());
    }
    if (json) {
      out.println(
          Json.object()
              .put("run", run.toString())
              .put("best", checkpoint(checkpoints, checkpoints.best()))
              .put("latest", checkpoint(checkpoints, checkpoints.latest()))
              .build()
              .toText());
      return;
    }
    String best =
        checkpoints
            .best()
            .flatMap(
                info ->
                    checkpoints
                        .objective()
                        .map(
                            objective ->
                                "; best: %s, %s %s"
                                    .formatted(
                                        info.name(),
                                        objective.metric(),
                                        Quantities.metric(
                                            info.metrics()
                                                .getOrDefault(objective.metric(), Double.NaN)))))
            .orElse("");
    err.println(
        Printable.of(
            "%s is complete, %s%s. Go on with a greater --%s, begin anew with another --output, or use it: %s"
                .formatted(
                    run,
                    Quantities.count(
                        checkpoints.latest().map(CheckpointInfo::step).orElse(0L), "step"),
                    best,
                    more,
                    kind.use(run.toString()))));
  }

  private static Json checkpoint(Checkpoints checkpoints, Optional<CheckpointInfo> info) {
    return info.<Json>map(checkpoints::json).orElse(Json.Null.NULL);
  }
}
