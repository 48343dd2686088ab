package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.store.CheckpointStore;
import io.github.checkpoint4j.store.Diagnosis;
import io.github.checkpoint4j.store.Recovery;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code ckpt doctor DIR}: explains the state of a run's directory, and repairs what is safe. */
@Command(
    name = "doctor",
    description = {
      "Explains the state of a run's directory: its lock, leftovers of writers that were killed,"
          + " damaged checkpoints, foreign files, space. Changes nothing.",
      "It looks at names, sizes and manifests; ckpt verify reads every byte. Exit status 1 if there"
          + " is a PROBLEM."
    },
    mixinStandardHelpOptions = true)
final class Doctor implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "DIR", description = "The directory of a run.")
  Path run = Path.of("");

  @Option(
      names = "--repair",
      description =
          "Do what every writer does when it opens the run: remove unfinished saves and deletions,"
              + " give checkpoints their names back. Refused while the run is being written.")
  boolean repair;

  @Option(names = "--dry-run", description = "Change nothing; this is so without --repair.")
  boolean dryRun;

  @Option(names = "--json", description = "Print one JSON document.")
  boolean json;

  @Override
  public Integer call() throws IOException {
    Checkpoints.of(run);
    Optional<Recovery> repaired = Optional.empty();
    if (repair && !dryRun) {
      try (CheckpointStore store = CheckpointStore.open(run)) {
        repaired = Optional.of(store.recovery());
      }
    }
    Diagnosis diagnosis = Diagnosis.of(run);
    Checkpoints checkpoints = new Checkpoints(diagnosis.checkpoints());
    List<FingerprintChange> changes = FingerprintChange.in(checkpoints);
    List<Finding> findings = Finding.of(diagnosis, checkpoints, changes);
    boolean fine = findings.stream().noneMatch(Finding::isProblem);
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(document(diagnosis, checkpoints, changes, findings, repaired).toText());
    } else {
      repaired.ifPresent(recovery -> Recovered.print(recovery, out));
      findings.forEach(finding -> out.println(Printable.of(finding.toString())));
      if (!repair && !diagnosis.leftovers().isEmpty() && !diagnosis.writing()) {
        out.println(Printable.of("to remove and restore these: ckpt doctor --repair " + run));
      }
    }
    return fine ? ExitStatus.FINE : ExitStatus.FAILED;
  }

  private Json document(
      Diagnosis diagnosis,
      Checkpoints checkpoints,
      List<FingerprintChange> changes,
      List<Finding> findings,
      Optional<Recovery> repaired) {
    Json.Builder space = Json.object().put("free", diagnosis.free());
    diagnosis.nextSave().ifPresent(size -> space.put("next_save", size));
    return Json.object()
        .put("run", run.toString())
        .put("ok", findings.stream().noneMatch(Finding::isProblem))
        .put(
            "problems",
            Json.array(
                findings.stream()
                    .filter(Finding::isProblem)
                    .map(finding -> Json.of(finding.text()))
                    .toList()))
        .put("lock", diagnosis.holder().map(Doctor::json).orElse(Json.Null.NULL))
        .put("leftovers", Json.array(diagnosis.leftovers().stream().map(Doctor::json).toList()))
        .put("checkpoints", checkpoints.json())
        .put("foreign", Plain.texts(diagnosis.foreign()))
        .put(
            "fingerprint_changes",
            Json.array(changes.stream().map(FingerprintChange::json).toList()))
        .put("space", space.build())
        .put("repaired", repaired.map(Recovered::json).orElse(Json.Null.NULL))
        .build();
  }

  private static Json json(Diagnosis.Holder holder) {
    return Json.object()
        .put("process", holder.process())
        .put("liveness", word(holder.liveness()))
        .build();
  }

  private static Json json(Diagnosis.Leftover leftover) {
    return Json.object()
        .put("name", leftover.name())
        .put("remedy", word(leftover.remedy()))
        .build();
  }

  private static String word(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }
}
