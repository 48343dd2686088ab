package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.store.CheckpointInfo;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code ckpt average SOURCE... --output TARGET}: the mean of several checkpoints' weights. */
@Command(
    name = "average",
    description =
        "Writes the mean of the weights of several checkpoints or files of one model, whole or not"
            + " at all.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class Average implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Parameters(
      arity = "1..*",
      paramLabel = "SOURCE",
      description = "Files and checkpoints, the newest last; or a run, for all its checkpoints.")
  List<Path> sources = List.of();

  @Option(
      names = "--output",
      required = true,
      paramLabel = "TARGET",
      description =
          "What to write; its name tells the format: .safetensors; .pt, .pth or .bin; .keras,"
              + " .weights.h5 or .h5; without a dot a Hugging Face directory.")
  Path target = Path.of("");

  @Option(
      names = "--last",
      paramLabel = "N",
      description = "Of a run only the newest N checkpoints.")
  @Nullable Integer newest;

  @Option(
      names = "--max-shard-size",
      paramLabel = "SIZE",
      description = "What a shard of a directory has at most, such as 5GB; 50GB by default.")
  @Nullable String maxShardSize;

  @Option(names = "--overwrite", description = "Replace a file that is there.")
  boolean overwrite;

  @Option(names = "--json", description = "Print one JSON document.")
  boolean json;

  @Override
  public Integer call() throws IOException {
    ModelTarget to = ModelTarget.of(target, maxShardSize, overwrite);
    List<Path> paths = models();
    if (paths.size() < 2) {
      throw new IllegalArgumentException(
          "a mean of %s; give at least two, or a run of several"
              .formatted(Quantities.count(paths.size(), "model")));
    }
    for (Path path : paths) {
      to.requireOther(path);
    }
    Map<Path, ConvertSource> open = new LinkedHashMap<>();
    try (Progress progress = Progress.ofWriting(spec.commandLine().getErr());
        Spool spool = to.spool()) {
      Map<Path, Map<String, Tensor>> models = new LinkedHashMap<>();
      for (Path path : paths) {
        ConvertSource source = ConvertSource.open(path);
        open.put(path, source);
        models.put(path, source.plainTensors(spool));
      }
      if (models.size() < paths.size()) {
        throw new IllegalArgumentException("a source is given twice; give each once");
      }
      Mean mean = Mean.of(models, spool, progress);
      if (mean.tensors().isEmpty()) {
        throw new RefusedException("there are no tensors in " + paths.getLast());
      }
      ConvertSource last = List.copyOf(open.values()).getLast();
      to.write(StateDict.of(mean.tensors()), last.metadata(), last.companions(), progress);
      progress.end();
      report(to.format(), paths, mean);
    } finally {
      open.values().forEach(ConvertSource::close);
    }
    return ExitStatus.FINE;
  }

  /** The sources, with the checkpoints of a run in its place. */
  private List<Path> models() throws IOException {
    List<Path> models = new ArrayList<>();
    boolean anyRun = false;
    for (Path source : sources) {
      if (Inspected.at(source) != Inspected.RUN) {
        models.add(source);
        continue;
      }
      anyRun = true;
      List<CheckpointInfo> usable =
          Checkpoints.of(source).all().stream().filter(CheckpointInfo::usable).toList();
      int from = newest == null ? 0 : Math.max(0, usable.size() - newest);
      usable.subList(from, usable.size()).forEach(info -> models.add(source.resolve(info.name())));
    }
    if (newest != null && (!anyRun || newest < 1)) {
      throw new IllegalArgumentException(
          newest < 1
              ? "--last is %d; give at least 1".formatted(newest)
              : "--last is for a run, and none is given; give its directory");
    }
    return models;
  }

  private void report(TargetFormat format, List<Path> paths, Mean mean) {
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    mean.notes().forEach(note -> err.println("note: " + Printable.of(note)));
    if (json) {
      out.println(
          Json.object()
              .put("target", target.toString())
              .put("format", format.name().toLowerCase(Locale.ROOT))
              .put("sources", Plain.texts(paths.stream().map(Path::toString).toList()))
              .put("tensors", mean.tensors().size())
              .put("notes", Plain.texts(mean.notes()))
              .build()
              .toText());
      return;
    }
    out.println(
        "%s: %s, the mean of %s"
            .formatted(
                Printable.of(target.toString()),
                format.title(),
                Printable.of(String.join(", ", paths.stream().map(Path::toString).toList()))));
  }
}
