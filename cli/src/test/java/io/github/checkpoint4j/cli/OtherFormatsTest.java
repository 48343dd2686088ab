package io.github.checkpoint4j.cli;

import static io.github.checkpoint4j.cli.Run.ckpt;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.format.Json;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ForkJoinPool;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The verbs on files of NumPy, GGUF, TensorFlow and ONNX. */
class OtherFormatsTest {
  private static final Path GOLDEN = Path.of(System.getProperty("checkpoint4j.root"), "golden");
  private static final Path QUANTIZED = GOLDEN.resolve("gguf/good/quantized.gguf");

  @TempDir Path temporary;

  private Path copy(String folder) throws IOException {
    Path from = GOLDEN.resolve(folder);
    Path to = Files.createDirectories(temporary.resolve("copy"));
    try (Stream<Path> files = Files.list(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(String.valueOf(file.getFileName())));
      }
    }
    return to;
  }

  private static Json expected(String topic) throws IOException {
    return Json.parse(
        MemorySegment.ofArray(Files.readAllBytes(GOLDEN.resolve(topic).resolve("expected.json"))),
        topic);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "ckpt-2", "ckpt-2.index"})
  void a_tensorflow_checkpoint_is_told_by_its_directory_its_prefix_or_its_index(String name)
      throws Exception {
    Path path = GOLDEN.resolve("tensorflow/good/checkpoint").resolve(name);

    Json rows = ckpt("tensors", "--json", path).json();

    assertThat(rows)
        .isEqualTo(((Json.Obj) expected("tensorflow")).object("checkpoint").array("tensors"));
  }

  @Test
  void a_saved_model_is_its_variables() throws Exception {
    Path model = temporary.resolve("model");
    Files.createDirectories(model.resolve("variables"));
    Files.writeString(model.resolve("saved_model.pb"), "");
    for (String end : List.of("index", "data-00000-of-00001")) {
      Files.copy(
          GOLDEN.resolve("tensorflow/good/strings/model." + end),
          model.resolve("variables/variables." + end));
    }

    assertThat(ckpt("show", model).out()).contains("one      'h\u00e9llo'", "weight   F32 [2]");
  }

  @Test
  void the_latest_checkpoint_is_never_outside_of_its_directory() throws Exception {
    Path directory = copy("tensorflow/good/checkpoint");
    Files.writeString(
        directory.resolve("checkpoint"), "model_checkpoint_path: \"/elsewhere/ckpt-1\"\n");

    assertThat(ckpt("verify", directory).out()).startsWith("ok  ");

    Files.writeString(directory.resolve("checkpoint"), "model_checkpoint_path: \"../ckpt-9\"\n");
    Run show = ckpt("show", directory);
    assertThat(show.status()).isEqualTo(3);
    assertThat(show.err()).contains(directory.resolve("ckpt-9.index") + ": no such file");
  }

  @Test
  void a_variable_of_tensorflow_that_is_damaged_is_named() throws Exception {
    Path directory = copy("tensorflow/good/checkpoint");
    Fixture.flip(directory.resolve("ckpt-2.data-00000-of-00001"), 0);

    Run verify = ckpt("verify", directory);

    assertThat(verify.status()).isEqualTo(1);
    assertThat(verify.out())
        .startsWith(
            "FAILED  "
                + directory
                + ": tensor 'step/.ATTRIBUTES/VARIABLE_VALUE' of ckpt-2.data-00000-of-00001 is damaged: the masked CRC32C ")
        .hasLineCount(1);
    Files.delete(directory.resolve("ckpt-2.data-00000-of-00001"));
    assertThat(ckpt("verify", directory).out())
        .contains("it names the file ckpt-2.data-00000-of-00001, which is missing");
  }

  @Test
  void an_array_of_numpy_that_is_damaged_is_named() throws Exception {
    Path file = copy("npz/good").resolve("paths.npz");
    Fixture.flip(file, 190);

    Run verify = ckpt("verify", file);

    assertThat(verify.status()).isEqualTo(1);
    assertThat(verify.out()).contains("layer/0/kernel.npy", "CRC-32").hasLineCount(1);
  }

  @Test
  void quantized_tensors_are_listed_by_the_name_that_gguf_has_for_them() throws Exception {
    Run tensors = ckpt("tensors", "--stats", QUANTIZED);
    List<Json> rows = new ArrayList<>();
    Json.Obj expected = ((Json.Obj) expected("gguf")).object("good").object("quantized.gguf");
    for (Json row : expected.array("tensors").items()) {
      Json.Obj tensor = (Json.Obj) row;
      rows.add(
          Json.object()
              .put("name", tensor.text("name"))
              .put("dtype", tensor.text("type"))
              .put("shape", tensor.array("shape"))
              .put("sha256", tensor.text("sha256"))
              .build());
    }

    assertThat(tensors.out())
        .containsPattern("q4_0\\.weight +Q4_0 +\\[2, 64] +72 B +-?[0-9.]+ ")
        .containsPattern("iq2_xs\\.weight +IQ2_XS +\\[2, 512] +296 B +- +- +- +- +- +- +- +-");
    assertThat(((Json.Arr) ckpt("tensors", "--json", QUANTIZED).json()).items()).isEqualTo(rows);
  }

  @Test
  void quantized_tensors_are_converted_to_their_numbers() throws Exception {
    Path target = temporary.resolve("numbers.safetensors");
    Run convert = ckpt("convert", "--only", "*.made", QUANTIZED, target);

    assertThat(convert.status()).as(convert.err()).isZero();
    assertThat(convert.err())
        .contains("note: 5 quantized tensors written as the numbers that they stand for");
    Json.Obj expected = ((Json.Obj) expected("gguf")).object("good").object("quantized.gguf");
    List<String> numbers =
        expected.array("tensors").items().stream()
            .map(row -> (Json.Obj) row)
            .filter(row -> row.find("name").orElseThrow().toText().endsWith(".made\""))
            .map(row -> row.find("numbers").orElseThrow().toText())
            .toList();
    assertThat(
            ((Json.Arr) ckpt("tensors", "--json", target).json())
                .items().stream()
                    .map(row -> ((Json.Obj) row).find("sha256").orElseThrow().toText()))
        .containsExactlyInAnyOrderElementsOf(numbers);
    assertThat(ckpt("average", target, copied(target), "--output", temporary.resolve("m.pt")))
        .satisfies(run -> assertThat(run.status()).isZero());
  }

  private Path copied(Path file) throws IOException {
    return Files.copy(file, temporary.resolve("again.safetensors"));
  }

  @Test
  void a_quantization_whose_numbers_are_not_computed_is_refused_by_name() {
    Path target = temporary.resolve("m.safetensors");

    assertThat(ckpt("convert", "--only", "iq*", QUANTIZED, target))
        .isEqualTo(
            new Run(
                1,
                "",
                "ckpt convert: 'iq2_xxs.weight' is quantized as IQ2_XXS, whose numbers are not computed here; leave it out with --only, or give a file of F32, F16 or Q8_0\n"));
    assertThat(target).doesNotExist();
  }

  @Test
  void what_changed_in_a_quantized_tensor_is_told_in_numbers() throws Exception {
    Path changed = Files.copy(QUANTIZED, temporary.resolve("changed.gguf"));
    // The last tensor ends the file but for padding.
    Fixture.flip(changed, Files.size(changed) - 30);

    Run diff = ckpt("diff", "--exit-code", QUANTIZED, changed);

    assertThat(diff.status()).isEqualTo(1);
    assertThat(diff.out()).containsPattern("q8_0\\.made +\\[3, 64] +[0-9.]+ +[0-9.]+ ");
  }

  @Test
  void external_data_of_onnx_stays_in_the_directory_of_the_model() throws Exception {
    Path outside = GOLDEN.resolve("onnx/bad/external-data.onnx");

    Run show = ckpt("show", outside);

    assertThat(show.status()).isEqualTo(1);
    assertThat(show.err())
        .contains("'../../weights.bin', which is no file beside the model")
        .hasLineCount(1);
    Path alone =
        Files.copy(GOLDEN.resolve("onnx/external/model.onnx"), temporary.resolve("m.onnx"));
    assertThat(ckpt("verify", alone).out())
        .startsWith("FAILED")
        .contains("in the file 'weights.bin', which is missing; copy the model with all its files");
  }

  @Test
  void figures_do_not_depend_on_the_number_of_threads() throws Exception {
    Path file = GOLDEN.resolve("safetensors/good/bert-like.safetensors");
    List<Run> runs = new ArrayList<>();
    for (int threads : new int[] {1, 2, 7}) {
      try (ForkJoinPool pool = new ForkJoinPool(threads)) {
        // Streams work on the threads of the pool that they are started in.
        runs.add(pool.submit(() -> ckpt("tensors", "--stats", "--json", file)).get());
      }
    }

    assertThat(runs).allMatch(run -> run.status() == 0).containsOnly(runs.getFirst());
    assertThat(((Json.Arr) runs.getFirst().json()).items()).hasSizeGreaterThan(2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"doctor", "pin"})
  void verbs_for_runs_say_that_a_file_is_none(String verb) {
    Path file = GOLDEN.resolve("gguf/good/plain.gguf");

    assertThat(ckpt(verb, file))
        .isEqualTo(
            new Run(
                1,
                "",
                "ckpt %s: %s is a file, not the directory of a run; look into it with: ckpt show %s\n"
                    .formatted(verb, file, file)));
  }
}
