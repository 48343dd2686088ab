package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.keras.KerasLayout;
import io.github.checkpoint4j.keras.KerasModel;
import io.github.checkpoint4j.state.Cast;
import io.github.checkpoint4j.state.Dtype;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.torch.NamePattern;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code ckpt convert SOURCE TARGET}: the tensors of one format in another. */
@Command(
    name = "convert",
    description =
        "Writes the tensors of a file, or of the model in a checkpoint's directory, in another"
            + " format: whole or not at all.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class Convert implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Parameters(
      index = "0",
      paramLabel = "SOURCE",
      description = "A file of any known format, or a checkpoint.")
  Path source = Path.of("");

  @Parameters(
      index = "1",
      paramLabel = "TARGET",
      description =
          "What to write; its name tells the format: .safetensors; .pt, .pth or .bin; .keras,"
              + " .weights.h5 or .h5; without a dot a Hugging Face directory.")
  Path target = Path.of("");

  @Option(
      names = "--dtype",
      paramLabel = "DTYPE",
      description = "What floating-point tensors become: F64, F32, F16 or BF16.")
  @Nullable String dtype;

  @Option(
      names = "--max-shard-size",
      paramLabel = "SIZE",
      description = "What a shard of a directory has at most, such as 5GB; 50GB by default.")
  @Nullable String maxShardSize;

  @Option(
      names = "--rename",
      paramLabel = "FROM=TO",
      description =
          "Names that begin with FROM begin with TO; regex:FROM is a regular expression, and TO"
              + " has $1 for its first group.")
  List<String> renames = List.of();

  @Option(
      names = "--only",
      paramLabel = "PATTERN",
      description = "Only tensors of such a name: a glob, or regex: and a regular expression.")
  List<String> only = List.of();

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description =
          "The Keras model whose weights these are, if the source does not tell: a .keras or .h5"
              + " file, or config.json.")
  @Nullable Path config;

  @Option(names = "--overwrite", description = "Replace a file that is there.")
  boolean overwrite;

  @Option(names = "--json", description = "Print one JSON document.")
  boolean json;

  @Override
  public Integer call() throws IOException {
    ModelTarget to = ModelTarget.of(target, maxShardSize, overwrite);
    Conversion conversion =
        new Conversion(
            only.stream().map(NamePattern::parse).toList(), Renames.rules(renames), dtype());
    to.requireOther(source);
    try (Progress progress = Progress.ofWriting(spec.commandLine().getErr());
        ConvertSource from = ConvertSource.open(source, more());
        Spool spool = to.spool()) {
      Optional<KerasLayout> layout = to.format().layout();
      if (conversion.changesNothing()
          && layout.isPresent()
          && from.keras().filter(model -> model.canBe(layout.get())).isPresent()) {
        KerasModel model = from.keras().get();
        to.write(model.withLayout(layout.get()).withDateSaved(ModelTarget.now()), progress);
        progress.end();
        Map<String, Tensor> tensors = from.plainTensors(spool);
        report(to.format(), from, new Conversion.Result(tensors, List.of(), List.of()));
      } else {
        Conversion.Result result = conversion.apply(from.tensors(), spool, progress);
        to.write(StateDict.of(result.tensors()), from.metadata(), companions(from), progress);
        progress.end();
        report(to.format(), from, result.with(left(from)));
      }
    }
    return ExitStatus.FINE;
  }

  /** The configuration that {@code --config} gives. */
  private Map<String, String> more() throws IOException {
    if (config == null) {
      return Map.of();
    }
    String name = config.toString();
    try (OpenedFile file = OpenedFile.at(config)) {
      Optional<KerasModel> model = file.keras();
      return model.isPresent()
          ? KerasConversion.metadata(model.get())
          : Map.of(
              KerasConversion.CONFIG,
              file.read(bytes -> KerasConversion.parse(bytes, name)).toText());
    }
  }

  /** What a Keras model has and the target has not. */
  private static List<String> left(ConvertSource from) {
    int variables = from.keras().map(model -> model.optimizerVariables().size()).orElse(0);
    return variables == 0
        ? List.of()
        : List.of(
            "the optimizer's %s are left out".formatted(Quantities.count(variables, "variable")));
  }

  private Optional<Dtype> dtype() {
    if (dtype == null) {
      return Optional.empty();
    }
    Optional<Dtype> named = Dtype.named(dtype.toUpperCase(Locale.ROOT)).filter(Cast::isFloating);
    if (named.isEmpty()) {
      throw new IllegalArgumentException(
          "--dtype is '%s'; give F64, F32, F16 or BF16".formatted(dtype));
    }
    return named;
  }

  /** A directory's other files; config.json tells the dtype that the weights have now. */
  private Map<String, FileContent> companions(ConvertSource from) throws IOException {
    Map<String, FileContent> files = new LinkedHashMap<>(from.companions());
    Optional<Dtype> cast = dtype();
    FileContent config = files.get(ConfigDtype.FILE);
    if (cast.isPresent() && config != null) {
      MemorySegment text = config.parts().getFirst().bytes();
      String name = source.resolve(ConfigDtype.FILE).toString();
      files.put(ConfigDtype.FILE, ConfigDtype.with(cast.get(), text, name));
    }
    return files;
  }

  private void report(TargetFormat format, ConvertSource from, Conversion.Result result) {
    long bytes =
        result.tensors().values().stream()
            .mapToLong(tensor -> tensor.byteSize())
            .reduce(0, Math::addExact);
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    result.notes().forEach(note -> err.println("note: " + Printable.of(note)));
    if (json) {
      out.println(
          Json.object()
              .put("source", source.toString())
              .put("target", target.toString())
              .put("format", format.name().toLowerCase(Locale.ROOT))
              .put("tensors", result.tensors().size())
              .put("bytes", bytes)
              .put("not_chosen", Plain.texts(result.notChosen()))
              .put("left_out", Plain.texts(from.leftOut()))
              .put("notes", Plain.texts(result.notes()))
              .build()
              .toText());
      return;
    }
    if (!from.leftOut().isEmpty()) {
      err.println(
          "note: left out, since they are no tensors: "
              + Printable.of(String.join(", ", from.leftOut().stream().limit(12).toList()))
              + (from.leftOut().size() > 12 ? ", …" : ""));
    }
    out.println(
        "%s: %s, %s, %s%s"
            .formatted(
                Printable.of(target.toString()),
                format.title(),
                Quantities.count(result.tensors().size(), "tensor"),
                Quantities.size(bytes),
                result.notChosen().isEmpty()
                    ? ""
                    : ", %d not chosen".formatted(result.notChosen().size())));
  }
}
