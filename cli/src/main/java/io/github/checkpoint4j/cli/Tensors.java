package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.PyTorch;
import io.github.checkpoint4j.state.Glob;
import io.github.checkpoint4j.store.Checkpoint;
import io.github.checkpoint4j.store.MappedFile;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code ckpt tensors PATH}: one line a tensor. */
@Command(
    name = "tensors",
    description = "Lists the tensors of a file, or of the model in a checkpoint's directory.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class Tensors implements Callable<Integer> {
  private static final List<String> STATISTICS =
      List.of(">min", ">max", ">mean", ">std", ">norm", ">zeros", ">NaN", ">infinite");

  @Spec CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "PATH", description = "A file of any known format, or a checkpoint.")
  Path path = Path.of("");

  @Option(
      names = "--stats",
      description = "Least, greatest, mean, deviation, norm; zeros, NaN, infinite.")
  boolean stats;

  @Option(
      names = "--checksum",
      description = "SHA-256 of the row-major little-endian bytes, or of quantized blocks.")
  boolean checksum;

  @Option(
      names = "--filter",
      paramLabel = "GLOB",
      description = "Only tensors of such a name; * is any run of characters, ? one.")
  String filter = "*";

  @Option(
      names = "--json",
      description = "Print one JSON document: an array of name, dtype, shape, sha256.")
  boolean json;

  @Override
  public Integer call() throws IOException {
    try (Opened<List<StateEntry>> tensors = at(path);
        Progress progress = Progress.ofReading(spec.commandLine().getErr())) {
      print(tensors.content(), progress);
    }
    return ExitStatus.FINE;
  }

  /** Those of a file, or of the model in a checkpoint's directory. */
  static Opened<List<StateEntry>> at(Path path) throws IOException {
    return Opened.at(path, file -> file.contents().tensors(), Tensors::model);
  }

  /** The model's tensors, also of a directory from before safetensors. */
  static List<StateEntry> model(Checkpoint checkpoint) throws IOException {
    String old = "pytorch_model.bin";
    if (!checkpoint.contains("model") && checkpoint.files().contains(old)) {
      MappedFile file = checkpoint.file(old);
      return StateEntry.of(PyTorch.read(file.bytes(), file.path().toString())).stream()
          .filter(StateEntry::isTensor)
          .toList();
    }
    return StateEntry.of(checkpoint.state("model"));
  }

  private void print(List<StateEntry> entries, Progress progress) {
    Glob glob = new Glob(filter);
    List<StateEntry> chosen = entries.stream().filter(entry -> glob.matches(entry.name())).toList();
    if (stats || checksum || json) {
      progress.begin("reading", chosen.stream().mapToLong(Tensors::bytes).sum());
    }
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      List<Row> rows = rows(chosen, progress);
      progress.end();
      out.println(Json.array(rows.stream().map(this::json).toList()).toText());
      return;
    }
    if (chosen.isEmpty()) {
      spec.commandLine()
          .getErr()
          .println(
              entries.isEmpty()
                  ? "no tensors in " + Printable.of(path.toString())
                  : "none of "
                      + entries.size()
                      + " tensors matches '"
                      + Printable.of(filter)
                      + "'");
      return;
    }
    Table table = table(rows(chosen, progress));
    progress.end();
    table.print(out);
  }

  /** What is told of a tensor. */
  private record Row(
      String name,
      NumericArray array,
      Optional<Statistics> statistics,
      Optional<String> checksum) {}

  /** The rows in order; the tensors are read by as many threads as there are processors. */
  private List<Row> rows(List<StateEntry> entries, Progress progress) {
    return entries.parallelStream().map(entry -> row(entry, progress)).toList();
  }

  private static long bytes(StateEntry entry) {
    return entry.array().orElseThrow().bytes().byteSize();
  }

  private Row row(StateEntry entry, Progress progress) {
    NumericArray array = entry.array().orElseThrow();
    var row =
        new Row(
            entry.name(),
            array,
            stats ? Statistics.of(entry.value()) : Optional.empty(),
            checksum || json ? Optional.of(Sha256.of(array.bytes())) : Optional.empty());
    progress.add(array.bytes().byteSize());
    return row;
  }

  private Json json(Row tensor) {
    Json.Builder row =
        Json.object()
            .put("name", tensor.name())
            .put("dtype", tensor.array().type())
            .put("shape", Plain.shape(tensor.array().shape()))
            .put("sha256", tensor.checksum().orElseThrow());
    if (stats) {
      row.put("stats", tensor.statistics().<Json>map(Tensors::json).orElse(Json.Null.NULL));
    }
    return row.build();
  }

  static Json.Obj json(Statistics statistics) {
    return Json.object()
        .put("min", json(statistics.minimum()))
        .put("max", json(statistics.maximum()))
        .put("mean", json(statistics.mean()))
        .put("std", json(statistics.deviation()))
        .put("norm", Plain.number(statistics.norm()))
        .put("zeros", statistics.zeros())
        .put("nan", statistics.nans())
        .put("infinite", statistics.infinities())
        .build();
  }

  private static Json json(OptionalDouble value) {
    return value.isPresent() ? Plain.number(value.getAsDouble()) : Json.Null.NULL;
  }

  private Table table(List<Row> tensors) {
    List<String> header = new ArrayList<>(List.of("name", "dtype", "shape", ">size"));
    if (stats) {
      header.addAll(STATISTICS);
    }
    if (checksum) {
      header.add("sha256");
    }
    Table table = new Table(header.toArray(String[]::new));
    for (Row tensor : tensors) {
      List<String> row = new ArrayList<>();
      row.add(tensor.name());
      row.add(tensor.array().type());
      row.add(Arrays.toString(tensor.array().shape()));
      row.add(Quantities.size(tensor.array().bytes().byteSize()));
      if (stats) {
        row.addAll(
            tensor
                .statistics()
                .map(Tensors::cells)
                .orElse(Collections.nCopies(STATISTICS.size(), "-")));
      }
      tensor.checksum().ifPresent(row::add);
      table.row(row);
    }
    return table;
  }

  private static List<String> cells(Statistics statistics) {
    return List.of(
        cell(statistics.minimum()),
        cell(statistics.maximum()),
        cell(statistics.mean()),
        cell(statistics.deviation()),
        cell(OptionalDouble.of(statistics.norm())),
        String.valueOf(statistics.zeros()),
        String.valueOf(statistics.nans()),
        String.valueOf(statistics.infinities()));
  }

  private static String cell(OptionalDouble value) {
    return value.isPresent() ? String.format(Locale.ROOT, "%.5g", value.getAsDouble()) : "-";
  }
}
