package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.PyTorch;
import io.github.checkpoint4j.format.SafeTensors;
import io.github.checkpoint4j.state.Cast;
import io.github.checkpoint4j.state.Dtype;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.store.AtomicWrite;
import io.github.checkpoint4j.store.Sharding;
import io.github.checkpoint4j.store.TrainerLayout;
import io.github.checkpoint4j.torch.NamePattern;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
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
          "What to write; its name tells the format: .safetensors; .pt, .pth or .bin; without a"
              + " dot a Hugging Face directory.")
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

  @Option(names = "--overwrite", description = "Replace a file that is there.")
  boolean overwrite;

  @Option(names = "--json", description = "Print one JSON document.")
  boolean json;

  @Override
  public Integer call() throws IOException {
    TargetFormat format = TargetFormat.of(target);
    Conversion conversion =
        new Conversion(
            only.stream().map(NamePattern::parse).toList(), Renames.rules(renames), dtype());
    Sharding sharding = sharding(format);
    requireOther();
    Path folder = target.toAbsolutePath().getParent();
    try (ConvertSource from = ConvertSource.open(source);
        Spool spool = Spool.in(folder == null ? target.toAbsolutePath() : folder)) {
      Conversion.Result result = conversion.apply(from.tensors(), spool);
      write(format, from, result, sharding);
      report(format, from, result);
    }
    return ExitStatus.FINE;
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

  private Sharding sharding(TargetFormat format) {
    if (maxShardSize == null) {
      return Sharding.DEFAULT;
    }
    if (format != TargetFormat.DIRECTORY) {
      throw new IllegalArgumentException(
          "--max-shard-size is for a directory, and %s is to be %s; give a name without a dot"
              .formatted(target, format.title()));
    }
    return Sharding.DEFAULT.withMaxShardSize(Sharding.bytes(maxShardSize));
  }

  /** Also through a link, the source is not written to. */
  private void requireOther() throws IOException {
    if (Files.exists(target) && Files.exists(source) && Files.isSameFile(source, target)) {
      throw new IllegalArgumentException(
          "%s is the source itself; give the target another name".formatted(target));
    }
  }

  private void write(
      TargetFormat format, ConvertSource from, Conversion.Result result, Sharding sharding)
      throws IOException {
    StateDict state = StateDict.of(result.tensors());
    AtomicWrite disk = AtomicWrite.local();
    switch (format) {
      case SAFETENSORS -> {
        Map<String, String> metadata = new LinkedHashMap<>(from.metadata());
        metadata.putIfAbsent("format", "pt");
        disk.file(target, SafeTensors.write(state, metadata), overwrite);
      }
      case PYTORCH -> {
        String name = String.valueOf(target.getFileName());
        String archive = name.substring(0, name.lastIndexOf('.'));
        disk.file(target, PyTorch.write(state, archive.isEmpty() ? "archive" : archive), overwrite);
      }
      case DIRECTORY -> {
        Map<String, FileContent> files =
            new LinkedHashMap<>(TrainerLayout.files(TrainerLayout.MODEL, state, sharding));
        for (Map.Entry<String, MemorySegment> file : from.companions().entrySet()) {
          files.put(file.getKey(), companion(file.getKey(), file.getValue()));
        }
        disk.directory(target, files);
      }
    }
  }

  private FileContent companion(String name, MemorySegment bytes) throws IOException {
    Optional<Dtype> cast = dtype();
    return cast.isPresent() && name.equals("config.json")
        ? ConfigDtype.with(cast.get(), bytes, source.resolve(name).toString())
        : FileContent.of(List.of(new FileContent.Part(Optional.empty(), bytes)));
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
              .put("not_chosen", texts(result.notChosen()))
              .put("left_out", texts(from.leftOut()))
              .put("notes", texts(result.notes()))
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

  private static Json texts(List<String> texts) {
    return Json.array(texts.stream().map(Json::of).toList());
  }
}
