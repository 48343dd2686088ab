package io.github.checkpoint4j.cli;

import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which model a training begins with, and how its weights are taken over. */
final class ModelOptions {
  @Option(names = "--model", paramLabel = "NAME|DIR|FILE", description = "${bundle:task.model}")
  @Nullable String model;

  @Option(
      names = "--rename",
      paramLabel = "FROM=TO",
      description =
          "Names in the weights that begin with FROM begin with TO instead (module.= takes a prefix"
              + " off); a FROM of regex:... is replaced wherever it is found. Repeatable, in"
              + " order.")
  List<String> renames = List.of();

  @Option(
      names = "--ignore-mismatched",
      description =
          "Draw weights anew that have another shape, a head of other labels for instance.")
  boolean ignoreMismatched;
}
