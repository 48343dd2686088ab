package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.state.Glob;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code ckpt diff A B}: what changed from one checkpoint or file to another. */
@Command(
    name = "diff",
    description =
        "Tells what changed between two checkpoints or files: tensors with norms and largest"
            + " changes, metrics, hyperparameters.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class Diff implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Parameters(index = "0", paramLabel = "A", description = "A file or a checkpoint.")
  Path before = Path.of("");

  @Parameters(index = "1", paramLabel = "B", description = "Another one.")
  Path after = Path.of("");

  @Option(
      names = "--filter",
      paramLabel = "GLOB",
      description = "Only what has such a name; * is any run of characters, ? one.")
  String filter = "*";

  @Option(
      names = "--top",
      paramLabel = "N",
      description = "Rows shown of each part, the most changed first; 20 by default.")
  int top = 20;

  @Option(names = "--exit-code", description = "Exit with 1 if there is a difference.")
  boolean exitCode;

  @Option(names = "--json", description = "Print one JSON document, with all differences.")
  boolean json;

  @Override
  public Integer call() throws IOException {
    if (top < 1) {
      throw new IllegalArgumentException("--top is %d; give at least 1".formatted(top));
    }
    try (Opened<List<Section>> a = Section.at(before);
        Opened<List<Section>> b = Section.at(after);
        Progress progress = Progress.ofReading(spec.commandLine().getErr())) {
      progress.begin("comparing", a.content().stream().mapToLong(Section::bytes).sum());
      Differences differences =
          Differences.of(a.content(), b.content(), new Glob(filter), progress::add);
      progress.end();
      boolean same = differences.isEmpty();
      if (json) {
        spec.commandLine().getOut().println(differences.json().toText());
      } else {
        new DiffText(spec.commandLine().getOut(), top)
            .print(
                same, differences.onlyBefore(), differences.onlyAfter(), differences.comparisons());
      }
      return same || !exitCode ? ExitStatus.FINE : ExitStatus.FAILED;
    }
  }
}
