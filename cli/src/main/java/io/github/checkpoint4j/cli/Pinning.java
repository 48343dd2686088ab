package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.store.CheckpointInfo;
import io.github.checkpoint4j.store.CheckpointStore;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Pins checkpoints, or leaves them to retention again. */
abstract class Pinning implements Callable<Integer> {
  private final boolean pinned;

  @Spec CommandSpec spec = CommandSpec.create();

  @Parameters(
      paramLabel = "PATH",
      arity = "1..*",
      description = "Checkpoints; or runs, with --best, --latest or --all.")
  List<Path> paths = List.of();

  @Option(names = "--best", description = "Of a run, the best checkpoint.")
  boolean best;

  @Option(names = "--latest", description = "Of a run, the newest checkpoint.")
  boolean latest;

  @Option(names = "--all", description = "Of a run, all checkpoints.")
  boolean all;

  @Option(names = "--dry-run", description = "Change nothing, only say what would be done.")
  boolean dryRun;

  @Option(names = "--json", description = "Print one JSON document.")
  boolean json;

  /**
   * @param pinned whether the checkpoints are pinned at the end
   */
  Pinning(boolean pinned) {
    this.pinned = pinned;
  }

  /**
   * A checkpoint that was asked for.
   *
   * @param changed whether it was not so before
   */
  private record Outcome(Path path, boolean changed) {}

  @Override
  public Integer call() throws IOException {
    Map<Path, Set<String>> wanted = new LinkedHashMap<>();
    for (Path path : paths) {
      want(path, wanted);
    }
    List<Outcome> outcomes = new ArrayList<>();
    for (Map.Entry<Path, Set<String>> run : wanted.entrySet()) {
      mark(run.getKey(), run.getValue(), outcomes);
    }
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(document(outcomes).toText());
    } else {
      outcomes.forEach(outcome -> out.println(Printable.of(told(outcome))));
    }
    return ExitStatus.FINE;
  }

  /** Finds the checkpoints that a path stands for, before anything is changed. */
  private void want(Path path, Map<Path, Set<String>> wanted) throws IOException {
    Path absolute = path.toAbsolutePath().normalize();
    Path run = absolute.getParent();
    String name = String.valueOf(absolute.getFileName());
    if (run != null && Inspected.isCheckpointName(name)) {
      Checkpoints.of(run).named(name, path);
      wanted.computeIfAbsent(run, _ -> new LinkedHashSet<>()).add(name);
      return;
    }
    Checkpoints checkpoints = Checkpoints.of(path);
    if (checkpoints.all().isEmpty()) {
      throw new RefusedException(path + " has no checkpoints; give a checkpoint or a run");
    }
    List<CheckpointInfo> chosen = new ArrayList<>();
    if (all) {
      chosen.addAll(checkpoints.all());
    }
    if (best) {
      chosen.add(
          checkpoints
              .best()
              .orElseThrow(
                  () ->
                      new RefusedException(
                          path
                              + " has no best checkpoint: none has a finite value of a tracked"
                              + " metric; name a checkpoint, or use --latest")));
    }
    if (latest) {
      chosen.add(
          checkpoints
              .latest()
              .orElseThrow(
                  () -> new RefusedException(path + " has no checkpoint that is not damaged")));
    }
    if (chosen.isEmpty()) {
      throw new IllegalArgumentException(
          path + " is a run; name checkpoints in it, or add --best, --latest or --all");
    }
    chosen.forEach(
        info -> wanted.computeIfAbsent(absolute, _ -> new LinkedHashSet<>()).add(info.name()));
  }

  private void mark(Path run, Set<String> names, List<Outcome> outcomes) throws IOException {
    if (dryRun) {
      mark(Checkpoints.of(run).all(), names, outcomes);
      return;
    }
    try (CheckpointStore store = CheckpointStore.open(run)) {
      Recovered.print(store.recovery(), spec.commandLine().getErr());
      for (CheckpointInfo info : mark(store.list(), names, outcomes)) {
        if (pinned) {
          store.pin(info);
        } else {
          store.unpin(info);
        }
      }
    }
  }

  /** Notes the outcomes; returns the checkpoints to change. */
  private List<CheckpointInfo> mark(
      List<CheckpointInfo> present, Set<String> names, List<Outcome> outcomes) {
    List<CheckpointInfo> changed = new ArrayList<>();
    for (CheckpointInfo info : present) {
      if (names.contains(info.name())) {
        outcomes.add(new Outcome(info.directory(), info.pinned() != pinned));
        if (info.pinned() != pinned) {
          changed.add(info);
        }
      }
    }
    return changed;
  }

  private String told(Outcome outcome) {
    String done = pinned ? "pinned" : "unpinned";
    if (!outcome.changed()) {
      return (pinned ? "already pinned " : "not pinned ") + shown(outcome.path());
    }
    return (dryRun ? "would be " : "") + done + " " + shown(outcome.path());
  }

  /** The path, short if it is below the working directory. */
  private static String shown(Path path) {
    Path here = Path.of("").toAbsolutePath();
    return path.startsWith(here) && !path.equals(here)
        ? here.relativize(path).toString()
        : path.toString();
  }

  private Json document(List<Outcome> outcomes) {
    return Json.object()
        .put("dry_run", dryRun)
        .put(
            "checkpoints",
            Json.array(
                outcomes.stream()
                    .<Json>map(
                        outcome ->
                            Json.object()
                                .put("directory", outcome.path().toString())
                                .put("pinned", pinned)
                                .put("changed", outcome.changed())
                                .build())
                    .toList()))
        .build();
  }
}
