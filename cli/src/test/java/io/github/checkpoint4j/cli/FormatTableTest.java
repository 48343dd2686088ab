package io.github.checkpoint4j.cli;

import static io.github.checkpoint4j.cli.Run.ckpt;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.format.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The table of verbs and formats in the README: every cell of it is run on a real file. */
class FormatTableTest {
  private static final Path ROOT = Path.of(System.getProperty("checkpoint4j.root"));
  private static final String YES = "\u2713";
  private static final String NO = "\u2013";
  private static final String WITH_CONFIG = "`--config`";

  /** The golden file of a row: what is copied, and the path in the copy that a verb is given. */
  private record Sample(String copied, String given) {
    Path in(Path folder) throws IOException {
      if (copied.isEmpty()) {
        Fixture.run(folder.resolve("run"));
        return folder.resolve(given);
      }
      Path from = ROOT.resolve("golden").resolve(copied);
      Path to = folder.resolve(String.valueOf(from.getFileName()));
      try (Stream<Path> files = Files.walk(from)) {
        for (Path file : files.sorted().toList()) {
          Files.copy(file, to.resolve(from.relativize(file).toString()));
        }
      }
      return folder.resolve(given);
    }
  }

  private static final Map<String, Sample> SAMPLES = new LinkedHashMap<>();

  static {
    file("safetensors", "safetensors/good/bert-like.safetensors");
    file("Hugging Face model directory, with shards", "transformers/sharded");
    file("PyTorch", "pytorch/model.pt");
    file("PyTorch, both layouts from before 1.6", "pytorch/legacy-dtypes.pt");
    file("Keras `.keras`", "keras/files/mlp.keras");
    file("Keras `.keras` as a directory", "keras/files/mlp-directory");
    file("Keras legacy `.h5`", "keras/files/mlp.h5");
    file("Keras `.weights.h5`", "keras/files/mlp.weights.h5");
    folder("Keras `.weights.json` with its shards", "keras/files", "mlp-shards.weights.json");
    file("HDF5 of anything else", "keras/files/handmade/other.h5");
    folder("ONNX, also with external data", "onnx/external", "model.onnx");
    file("NumPy `.npz`", "npz/good/paths.npz");
    file("NumPy `.npy`", "npz/good/matrix.npy");
    file("GGUF", "gguf/good/plain.gguf");
    folder("TensorFlow checkpoint", "tensorflow/good/checkpoint", "ckpt-1");
    SAMPLES.put("a checkpoint, `checkpoint-N`", new Sample("", "run/checkpoint-100"));
    folder("a checkpoint of Hugging Face's `Trainer`", "trainer/steps", "checkpoint-6");
    SAMPLES.put("a run of them", new Sample("", "run"));
    file("a run of Hugging Face's `Trainer`", "trainer/steps");
  }

  private static void file(String row, String file) {
    SAMPLES.put(row, new Sample(file, String.valueOf(Path.of(file).getFileName())));
  }

  private static void folder(String row, String folder, String given) {
    SAMPLES.put(row, new Sample(folder, Path.of(folder).getFileName() + "/" + given));
  }

  @TempDir Path temporary;

  /** The cells of the table by row and verb. */
  private static List<List<String>> table(String readme) throws IOException {
    List<String> lines = Files.readAllLines(ROOT.resolve(readme));
    int start = 0;
    while (!lines.get(start).startsWith("| | `ls` |")) {
      start++;
    }
    List<List<String>> rows = new ArrayList<>();
    for (int i = start; lines.get(i).startsWith("|"); i++) {
      if (i != start + 1) {
        rows.add(Arrays.stream(lines.get(i).split("\\|", -1)).skip(1).map(String::strip).toList());
      }
    }
    return rows;
  }

  static List<Arguments> cells() throws IOException {
    List<List<String>> rows = table("README.md");
    List<Arguments> cells = new ArrayList<>();
    for (List<String> row : rows.subList(1, rows.size())) {
      for (int column = 1; column < row.size() - 1; column++) {
        String verb = rows.getFirst().get(column).replace("`", "");
        cells.add(Arguments.of(row.getFirst(), verb, row.get(column)));
      }
    }
    return cells;
  }

  @Test
  void every_row_has_a_real_file_and_the_other_way_round() throws IOException {
    List<List<String>> rows = table("README.md");

    assertThat(rows.subList(1, rows.size()).stream().map(List::getFirst))
        .containsExactlyElementsOf(SAMPLES.keySet());
    assertThat(cells()).hasSize(SAMPLES.size() * 10);
  }

  @Test
  void both_languages_say_the_same() throws IOException {
    assertThat(table("README.zh-CN.md").stream().map(row -> row.subList(1, row.size())))
        .containsExactlyElementsOf(
            table("README.md").stream().map(row -> row.subList(1, row.size())).toList());
  }

  @ParameterizedTest(name = "{0}: {1} {2}")
  @MethodSource("cells")
  void a_cell_is_so(String row, String verb, String cell) throws Exception {
    Path path = Objects.requireNonNull(SAMPLES.get(row)).in(temporary);

    Path target = temporary.resolve(target(row));
    Run run = ckpt(arguments(verb, path, target, cell));

    switch (cell) {
      case YES, WITH_CONFIG -> {
        assertThat(run.status()).as(run.err()).isZero();
        requireSensible(verb, path, target, run);
      }
      case NO -> {
        assertThat(run.status()).as(run.out()).isEqualTo(1);
        assertThat(run.out()).isEmpty();
        assertThat(run.err())
            .startsWith("ckpt " + verb + ": ")
            .contains("; ")
            .hasLineCount(1)
            .doesNotContain("unexpected", "Exception");
      }
      default -> throw new AssertionError("a cell that is not known: " + cell);
    }
  }

  /** PyTorch's files have tensors that are views of others, which safetensors lacks. */
  private static String target(String row) {
    return row.startsWith("PyTorch") ? "target.pt" : "target.safetensors";
  }

  private static Object[] arguments(String verb, Path path, Path target, String cell)
      throws IOException {
    List<Object> words = new ArrayList<>(List.of(verb));
    switch (verb) {
      case "tensors" -> words.addAll(List.of("--stats", "--checksum", path));
      case "diff" ->
          words.addAll(List.of("--exit-code", path, Files.isDirectory(path) ? path : other(path)));
      case "convert" -> words.addAll(List.of(path, target));
      case "average" -> words.addAll(averaged(path, target));
      case "prune" -> words.addAll(List.of("--keep-latest", "1", path));
      case "pin" -> {
        words.add(path);
        if (Inspected.at(path) == Inspected.RUN) {
          words.add("--latest");
        }
      }
      default -> words.add(path);
    }
    if (cell.equals(WITH_CONFIG)) {
      words.addAll(List.of("--config", ROOT.resolve("golden/keras/files/mlp.keras")));
    }
    return words.toArray();
  }

  /** Another of the same kind: the run's other checkpoint, or the same file by another name. */
  private static Path other(Path path) throws IOException {
    Path other = path.resolveSibling("checkpoint-50");
    if (Files.exists(other)) {
      return other;
    }
    // A link has the files beside it that the file has.
    return Files.isRegularFile(path)
        ? Files.createSymbolicLink(path.resolveSibling("other"), path)
        : path;
  }

  private static List<Object> averaged(Path path, Path target) throws IOException {
    if (Inspected.at(path) == Inspected.RUN) {
      Path checkpoint = path.resolve("checkpoint-6");
      if (Files.exists(checkpoint)) {
        Files.createSymbolicLink(path.resolve("checkpoint-7"), checkpoint);
      }
      return List.of(path, "--output", target);
    }
    Path other = other(path);
    if (other.equals(path)) {
      other =
          Files.exists(path)
              ? Files.createSymbolicLink(path.resolveSibling("other"), path)
              : path.resolveSibling("ckpt-2");
    }
    return List.of(path, other, "--output", target);
  }

  private static void requireSensible(String verb, Path path, Path target, Run run)
      throws Exception {
    String name = String.valueOf(path.getFileName());
    switch (verb) {
      case "ls" -> assertThat(run.out().lines().count()).isGreaterThan(1);
      case "show" -> assertThat(run.out()).startsWith(path + "  ").contains("\u2514\u2500 ");
      case "tensors" ->
          assertThat(run.out().lines().skip(1))
              .isNotEmpty()
              .allSatisfy(line -> assertThat(line).matches(".* [0-9a-f]{64}"));
      case "verify" ->
          assertThat(run.out().lines()).isNotEmpty().allMatch(line -> line.startsWith("ok  "));
      case "diff" -> assertThat(run.out()).contains("no difference");
      case "convert" -> {
        List<Json> written = rows(target);
        List<Json> read = rows(path);
        assertThat(written).isNotEmpty();
        if (!name.startsWith("mlp")) {
          // Keras's have other names in PyTorch, and are transposed.
          assertThat(Set.copyOf(written)).isEqualTo(Set.copyOf(read));
        }
      }
      case "average" -> assertThat(rows(target)).isNotEmpty();
      case "doctor" -> assertThat(run.out()).contains("lock: no writer is at work");
      case "prune" -> assertThat(run.out()).contains("kept");
      case "pin" -> assertThat(run.out()).startsWith("pinned " + path);
      default -> throw new AssertionError("a verb that is not known: " + verb);
    }
  }

  private static List<Json> rows(Path path) throws Exception {
    return ((Json.Arr) ckpt("tensors", "--json", path).json()).items();
  }
}
