package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.PyTorch;
import io.github.checkpoint4j.state.Glob;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.store.Checkpoint;
import io.github.checkpoint4j.store.MappedFile;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
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
  @Spec CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "PATH", description = "A file of any known format, or a checkpoint.")
  Path path = Path.of("");

  @Option(
      names = "--stats",
      description = "Least, greatest, mean, deviation; zeros, NaN, infinite.")
  boolean stats;

  @Option(names = "--checksum", description = "SHA-256 of the row-major little-endian bytes.")
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
    try (Opened<List<StateEntry>> tensors = at(path)) {
      print(tensors.content());
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
          .filter(entry -> entry.value() instanceof Tensor)
          .toList();
    }
    return StateEntry.of(checkpoint.state("model"));
  }

  private void print(List<StateEntry> entries) {
    Glob glob = new Glob(filter);
    List<StateEntry> chosen = entries.stream().filter(entry -> glob.matches(entry.name())).toList();
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(Json.array(chosen.stream().map(this::json).toList()).toText());
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
    table(chosen).print(out);
  }

  private Json json(StateEntry entry) {
    Tensor tensor = (Tensor) entry.value();
    Json.Builder row =
        Json.object()
            .put("name", entry.name())
            .put("dtype", tensor.dtype().name())
            .put("shape", Plain.shape(tensor))
            .put("sha256", Sha256.of(tensor.bytes()));
    if (stats) {
      row.put("stats", Statistics.of(tensor).<Json>map(Tensors::json).orElse(Json.Null.NULL));
    }
    return row.build();
  }

  static Json.Obj json(Statistics statistics) {
    return Json.object()
        .put("min", json(statistics.minimum()))
        .put("max", json(statistics.maximum()))
        .put("mean", json(statistics.mean()))
        .put("std", json(statistics.deviation()))
        .put("zeros", statistics.zeros())
        .put("nan", statistics.nans())
        .put("infinite", statistics.infinities())
        .build();
  }

  private static Json json(OptionalDouble value) {
    return value.isPresent() ? Plain.number(value.getAsDouble()) : Json.Null.NULL;
  }

  private Table table(List<StateEntry> entries) {
    List<String> header = new ArrayList<>(List.of("name", "dtype", "shape", ">size"));
    if (stats) {
      header.addAll(List.of(">min", ">max", ">mean", ">std", ">zeros", ">NaN", ">infinite"));
    }
    if (checksum) {
      header.add("sha256");
    }
    Table table = new Table(header.toArray(String[]::new));
    for (StateEntry entry : entries) {
      Tensor tensor = (Tensor) entry.value();
      List<String> row = new ArrayList<>();
      row.add(entry.name());
      row.add(tensor.dtype().name());
      row.add(Arrays.toString(tensor.shape()));
      row.add(Quantities.size(tensor.byteSize()));
      if (stats) {
        row.addAll(
            Statistics.of(tensor)
                .map(Tensors::cells)
                .orElse(List.of("-", "-", "-", "-", "-", "-", "-")));
      }
      if (checksum) {
        row.add(Sha256.of(tensor.bytes()));
      }
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
        String.valueOf(statistics.zeros()),
        String.valueOf(statistics.nans()),
        String.valueOf(statistics.infinities()));
  }

  private static String cell(OptionalDouble value) {
    return value.isPresent() ? String.format(Locale.ROOT, "%.5g", value.getAsDouble()) : "-";
  }
}
