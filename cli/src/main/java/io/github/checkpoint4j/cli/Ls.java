package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.store.CheckpointInfo;
import io.github.checkpoint4j.store.Objective;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code ckpt ls PATH}: the checkpoints of a run, or a file. */
@Command(
    name = "ls",
    description =
        "Lists the checkpoints of a run: step, epoch, metrics, size, age, best and latest; of a"
            + " file its format, tensors, parameters, size and age.",
    mixinStandardHelpOptions = true)
final class Ls implements Callable<Integer> {
  /** Metrics that tell how fast an evaluation was are left to {@code --json}. */
  private static final Set<String> SPEED =
      Set.of(
          "eval_runtime",
          "eval_samples_per_second",
          "eval_steps_per_second",
          "eval_jit_compilation_time");

  private static final int MOST_METRICS = 4;

  private final InstantSource clock;

  @Spec CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "PATH", description = "The directory of a run, or a file.")
  Path run = Path.of("");

  @Option(names = "--json", description = "Print one JSON document.")
  boolean json;

  Ls(InstantSource clock) {
    this.clock = clock;
  }

  @Override
  public Integer call() throws IOException {
    if (Inspected.at(run) == Inspected.FILE) {
      try (OpenedFile file = OpenedFile.at(run)) {
        print(file);
      }
      return ExitStatus.FINE;
    }
    Checkpoints checkpoints = Checkpoints.of(run);
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(document(checkpoints).toText());
    } else if (checkpoints.all().isEmpty()) {
      spec.commandLine().getErr().println("no checkpoints in " + Printable.of(run.toString()));
    } else {
      table(checkpoints).print(out);
      for (CheckpointInfo info : checkpoints.all()) {
        info.damage().ifPresent(damage -> out.println(Printable.of(damage)));
      }
    }
    return ExitStatus.FINE;
  }

  private void print(OpenedFile file) throws IOException {
    FileContents contents = file.contents();
    Instant time = Files.getLastModifiedTime(file.main()).toInstant();
    long tensors = contents.tensors().size();
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(
          Json.object()
              .put("file", run.toString())
              .put("format", contents.format().name().toLowerCase(Locale.ROOT))
              .put("tensors", tensors)
              .put("parameters", contents.parameters())
              .put("size", file.size())
              .put("time", time.toString())
              .build()
              .toText());
      return;
    }
    Table table = new Table("file", "format", ">tensors", ">parameters", ">size", ">age");
    table.row(
        List.of(
            run.toString(),
            contents.format().title().replaceFirst("^an? ", ""),
            Quantities.count(tensors),
            Quantities.count(contents.parameters()),
            Quantities.size(file.size()),
            Quantities.age(Duration.between(time, clock.instant()))));
    table.print(out);
  }

  private Json document(Checkpoints checkpoints) {
    return Json.object().put("run", run.toString()).put("checkpoints", checkpoints.json()).build();
  }

  private Table table(Checkpoints checkpoints) {
    List<String> metrics = metrics(checkpoints);
    List<String> header = new ArrayList<>(List.of("checkpoint", ">step", ">epoch"));
    metrics.forEach(name -> header.add(">" + Printable.of(name)));
    header.addAll(List.of(">size", ">age", ""));
    Table table = new Table(header.toArray(String[]::new));
    Instant now = clock.instant();
    for (CheckpointInfo info : checkpoints.all()) {
      List<String> row = new ArrayList<>();
      row.add(info.name());
      row.add(String.valueOf(info.step()));
      row.add(info.epoch().isPresent() ? Quantities.epoch(info.epoch().getAsDouble()) : "-");
      for (String name : metrics) {
        Double value = info.metrics().get(name);
        row.add(value == null ? "-" : Quantities.metric(value));
      }
      row.add(Quantities.size(info.size()));
      row.add(Quantities.age(Duration.between(info.time(), now)));
      row.add(String.join(", ", checkpoints.notes(info)));
      table.row(row);
    }
    return table;
  }

  /** The metric that tells the best first, then those of evaluations, as many as fit. */
  private static List<String> metrics(Checkpoints checkpoints) {
    Set<String> names = new LinkedHashSet<>();
    checkpoints.all().forEach(info -> names.addAll(info.metrics().keySet()));
    names.removeAll(SPEED);
    String objective = checkpoints.objective().map(Objective::metric).orElse("");
    return names.stream()
        .sorted(
            Comparator.comparing((String name) -> !name.equals(objective))
                .thenComparing(name -> !name.startsWith("eval_")))
        .limit(MOST_METRICS)
        .toList();
  }
}
