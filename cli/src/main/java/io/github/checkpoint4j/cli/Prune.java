package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.Retention;
import io.github.checkpoint4j.RetentionPolicy;
import io.github.checkpoint4j.store.CheckpointStore;
import io.github.checkpoint4j.store.Standing;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code ckpt prune DIR}: deletes the checkpoints of a run that no option keeps. */
@Command(
    name = "prune",
    description = {
      "Deletes the checkpoints of a run that none of the --keep options keeps, and says of each why"
          + " it is kept or given up.",
      "The newest, the best by the run's own metric and pinned ones are never deleted, nor are"
          + " damaged ones. While the run is being written, it is refused."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class Prune implements Callable<Integer> {
  private final InstantSource clock;

  @Spec CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "DIR", description = "The directory of a run.")
  Path run = Path.of("");

  @Mixin KeepOptions keep = new KeepOptions();

  @Option(
      names = "--include-unverified",
      description =
          "Delete those made in Python, too. Make sure that no Python program is writing there: it"
              + " takes no lock.")
  boolean unverified;

  @Option(names = "--dry-run", description = "Change nothing, only say what would be done.")
  boolean dryRun;

  @Option(names = "--json", description = "Print one JSON document.")
  boolean json;

  Prune(InstantSource clock) {
    this.clock = clock;
  }

  @Override
  public Integer call() throws IOException {
    Pruning pruning = decide(Checkpoints.of(run));
    if (!dryRun && !pruning.surplus().isEmpty()) {
      try (CheckpointStore store = CheckpointStore.open(run)) {
        Recovered.print(store.recovery(), spec.commandLine().getErr());
        pruning = decide(new Checkpoints(store.list()));
        pruning.carryOut(store);
      }
    }
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(pruning.json().toText());
    } else if (pruning.checkpoints().all().isEmpty()) {
      spec.commandLine().getErr().println("no checkpoints in " + Printable.of(run.toString()));
    } else {
      print(pruning, out);
    }
    return ExitStatus.FINE;
  }

  private Pruning decide(Checkpoints checkpoints) {
    RetentionPolicy policy =
        keep.policy(checkpoints)
            .orElseThrow(() -> new ParameterException(spec.commandLine(), KeepOptions.NONE_GIVEN));
    return Pruning.of(run, dryRun, checkpoints, policy, unverified, clock.instant());
  }

  private void print(Pruning pruning, PrintWriter out) {
    Retention retention = pruning.retention();
    Table table = new Table("checkpoint", ">size", dryRun ? "would be" : "", "why");
    for (Retention.Decision decision : retention.decisions()) {
      table.row(
          List.of(
              decision.checkpoint().name(),
              Quantities.size(decision.checkpoint().size()),
              decision.kept() ? "kept" : "deleted",
              String.join(", ", decision.reasons())));
    }
    table.print(out);
    long left = leftAlone(retention);
    if (left > 0) {
      out.println(
          "left alone: "
              + Quantities.count(left, "unverified checkpoint")
              + "; --include-unverified judges such ones, too");
    }
    out.println(
        "%s %s, %s"
            .formatted(
                dryRun ? "would delete" : "deleted",
                Quantities.count(pruning.surplus().size(), "checkpoint"),
                Quantities.size(pruning.freed())));
  }

  private static long leftAlone(Retention retention) {
    return retention.decisions().stream()
        .filter(decision -> decision.checkpoint().standing() == Standing.UNVERIFIED)
        .filter(decision -> decision.reasons().equals(List.of("unverified, so left alone")))
        .count();
  }
}
