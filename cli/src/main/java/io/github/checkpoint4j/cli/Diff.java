package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.state.Glob;
import io.github.checkpoint4j.store.Checkpoint;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
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
    try (Opened a = Opened.at(before);
        Opened b = Opened.at(after);
        Progress progress = Progress.ofReading(spec.commandLine().getErr())) {
      Map<String, Section> left = byName(a.sections());
      Map<String, Section> right = byName(b.sections());
      List<String> onlyBefore = without(left, right);
      List<String> onlyAfter = without(right, left);
      List<Comparison> comparisons = new ArrayList<>();
      for (Section section : left.values()) {
        if (right.containsKey(section.name())) {
          Section other = Objects.requireNonNull(right.get(section.name()));
          progress.begin("comparing " + section.name(), section.bytes());
          comparisons.add(Comparison.of(section, other, new Glob(filter), progress));
        }
      }
      progress.end();
      boolean same =
          onlyBefore.isEmpty()
              && onlyAfter.isEmpty()
              && comparisons.stream().allMatch(Comparison::isEmpty);
      if (json) {
        spec.commandLine()
            .getOut()
            .println(DiffDocument.of(same, onlyBefore, onlyAfter, comparisons).toText());
      } else {
        new DiffText(spec.commandLine().getOut(), top)
            .print(same, onlyBefore, onlyAfter, comparisons);
      }
      return same || !exitCode ? ExitStatus.FINE : ExitStatus.FAILED;
    }
  }

  /** A file or checkpoint that is open as long as its parts are compared. */
  private record Opened(List<Section> sections, Runnable closing) implements AutoCloseable {
    static Opened at(Path path) throws IOException {
      return switch (Inspected.at(path)) {
        case FILE -> {
          OpenedFile file = OpenedFile.at(path);
          yield opened(() -> Section.of(file), file::close);
        }
        case CHECKPOINT -> {
          Checkpoint checkpoint = Checkpoint.open(path);
          yield opened(() -> Section.of(checkpoint), checkpoint::close);
        }
        case RUN ->
            throw new RefusedException(
                path + " is a run of several checkpoints; give one of those that ckpt ls lists");
      };
    }

    private interface Reading {
      List<Section> read() throws IOException;
    }

    private static Opened opened(Reading reading, Runnable closing) throws IOException {
      try {
        return new Opened(reading.read(), closing);
      } catch (IOException | RuntimeException e) {
        closing.run();
        throw e;
      }
    }

    @Override
    public void close() {
      closing.run();
    }
  }

  private static Map<String, Section> byName(List<Section> sections) {
    Map<String, Section> byName = new LinkedHashMap<>();
    sections.forEach(section -> byName.put(section.name(), section));
    return byName;
  }

  /**
   * The parts that only one has; none if the other is a lone file, which is compared with the model
   * alone.
   */
  private static List<String> without(Map<String, Section> sections, Map<String, Section> other) {
    if (other.size() == 1 && other.containsKey(Section.MODEL)) {
      return List.of();
    }
    return sections.keySet().stream().filter(name -> !other.containsKey(name)).toList();
  }
}
