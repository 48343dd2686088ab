package io.github.checkpoint4j.cli;

import static io.github.checkpoint4j.cli.Run.ckpt;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.keras.Keras;
import io.github.checkpoint4j.keras.KerasModel;
import io.github.checkpoint4j.state.Tensor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KerasConvertTest {
  private static final Path GOLDEN =
      Path.of(System.getProperty("checkpoint4j.root"), "golden", "keras", "files");

  @TempDir Path temporary;

  private static KerasModel read(Path path) throws IOException {
    return Keras.read(MemorySegment.ofArray(Files.readAllBytes(path)), path.toString());
  }

  private static void assertSame(Map<String, Tensor> found, Map<String, Tensor> expected) {
    assertThat(found.keySet()).containsExactlyInAnyOrderElementsOf(expected.keySet()).isNotEmpty();
    expected.forEach(
        (path, tensor) ->
            assertThat(found.get(path)).as(path).matches(other -> other.hasSameBytes(tensor)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"mlp", "cnn", "lstm", "transformer", "nested", "mixed", "wide"})
  void a_model_becomes_safetensors_and_comes_back(String name) throws Exception {
    Path source = GOLDEN.resolve(name + ".keras");
    Path there = temporary.resolve("there.safetensors");
    Path back = temporary.resolve("back.keras");

    assertThat(ckpt("convert", source, there).status()).isZero();
    assertThat(ckpt("convert", there, back).status()).isZero();

    assertSame(read(back).variables(), read(source).variables());
    assertThat(read(back).config()).isEqualTo(read(source).config());
    assertThat(read(back).kerasVersion()).isEqualTo(read(source).kerasVersion());
    assertThat(ckpt("verify", back).status()).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"mlp", "cnn", "lstm", "transformer", "nested"})
  void a_legacy_model_becomes_safetensors_and_comes_back(String name) throws Exception {
    Path source = GOLDEN.resolve(name + ".h5");
    Path there = temporary.resolve("there.safetensors");
    Path back = temporary.resolve("back.h5");

    ckpt("convert", source, there);
    Run run = ckpt("convert", there, back);

    assertThat(run.status()).as(run.err()).isZero();
    assertThat(List.copyOf(read(back).variables().values()))
        .zipSatisfy(
            List.copyOf(read(source).variables().values()),
            (found, expected) -> assertThat(found.hasSameBytes(expected)).isTrue());
    assertThat(read(back).names()).isEqualTo(read(source).names());
  }

  @Test
  void both_files_of_one_model_become_the_same_tensors() throws Exception {
    Path modern = temporary.resolve("modern.safetensors");
    Path legacy = temporary.resolve("legacy.safetensors");
    for (String name : List.of("mlp", "cnn", "lstm", "transformer", "nested")) {
      ckpt("convert", "--overwrite", GOLDEN.resolve(name + ".keras"), modern);
      ckpt("convert", "--overwrite", GOLDEN.resolve(name + ".h5"), legacy);

      assertThat(ckpt("diff", modern, legacy).out()).as(name).isEqualTo("no difference\n");
    }
  }

  @Test
  void kernels_are_transposed_and_layers_named() throws Exception {
    Path there = temporary.resolve("there.safetensors");
    ckpt("convert", GOLDEN.resolve("mlp.keras"), there);

    String out = ckpt("tensors", there).out();

    assertThat(out).contains(".running_mean", ".running_var", ".num_batches_tracked", ".weight");
  }

  @Test
  void another_layout_of_keras_keeps_the_optimizer() throws Exception {
    Path source = GOLDEN.resolve("mlp.keras");
    Path weights = temporary.resolve("m.weights.h5");

    Run run = ckpt("convert", source, weights);

    assertThat(run.err()).isEmpty();
    assertSame(read(weights).variables(), read(source).variables());
    assertSame(read(weights).optimizerVariables(), read(source).optimizerVariables());
  }

  @Test
  void an_optimizer_that_is_left_out_is_told() throws Exception {
    Run run = ckpt("convert", GOLDEN.resolve("mlp.keras"), temporary.resolve("m.pt"));

    assertThat(run.status()).isZero();
    assertThat(run.err()).matches("note: the optimizer's [0-9]+ variables are left out\n");
  }

  @Test
  void weights_alone_take_their_layers_from_another_file() throws Exception {
    Path weights = GOLDEN.resolve("cnn.weights.h5");
    Path there = temporary.resolve("there.safetensors");

    Run alone = ckpt("convert", weights, there);
    assertThat(alone)
        .isEqualTo(
            new Run(
                1,
                "",
                "ckpt convert: %s does not tell the layers of the Keras model; give a file that does with --config: a .keras or .h5 file, or config.json\n"
                    .formatted(weights)));
    Path config = temporary.resolve("config.json");
    Files.writeString(config, read(GOLDEN.resolve("cnn.keras")).config().orElseThrow().toText());
    for (Path told : List.of(GOLDEN.resolve("cnn.keras"), config)) {
      Run run = ckpt("convert", "--overwrite", "--config", told, weights, there);
      assertThat(run.status()).as(run.err()).isZero();
      ckpt(
          "convert",
          "--overwrite",
          GOLDEN.resolve("cnn.keras"),
          temporary.resolve("m.safetensors"));
      assertThat(ckpt("diff", there, temporary.resolve("m.safetensors")).out())
          .isEqualTo("no difference\n");
    }
  }

  @Test
  void a_pytorch_file_takes_its_layers_from_another_file() throws Exception {
    Path source = GOLDEN.resolve("mlp.keras");
    Path there = temporary.resolve("m.pt");
    Path back = temporary.resolve("m.keras");
    ckpt("convert", source, there);

    assertThat(ckpt("convert", there, back).err()).contains("does not tell the layers");
    Run run = ckpt("convert", "--config", source, there, back);

    assertThat(run.status()).as(run.err()).isZero();
    assertSame(read(back).variables(), read(source).variables());
  }

  @Test
  void a_directory_keeps_the_configuration_beside_the_weights() throws Exception {
    Path source = GOLDEN.resolve("mlp.keras");
    Path directory = temporary.resolve("model");

    ckpt("convert", source, directory);
    Run run = ckpt("convert", directory, temporary.resolve("back.keras"));

    assertThat(directory.resolve("keras_config.json")).exists();
    assertThat(run.status()).as(run.err()).isZero();
    assertSame(read(temporary.resolve("back.keras")).variables(), read(source).variables());
  }

  @Test
  void shards_and_an_unpacked_directory_are_sources_too() throws Exception {
    Path shards = GOLDEN.resolve("mlp-shards.weights.json");
    Path there = temporary.resolve("there.safetensors");

    Run run = ckpt("convert", "--config", GOLDEN.resolve("mlp.keras"), shards, there);
    assertThat(run.status()).as(run.err()).isZero();
    run = ckpt("convert", GOLDEN.resolve("mlp-directory"), temporary.resolve("d.safetensors"));
    assertThat(run.status()).as(run.err()).isZero();
  }

  @Test
  void layers_of_their_authors_code_are_refused_by_name() throws Exception {
    Path target = temporary.resolve("x.safetensors");

    assertThat(ckpt("convert", GOLDEN.resolve("lambda_layer.keras"), target).err())
        .contains("(Lambda)")
        .contains("which is not run");
    assertThat(ckpt("convert", GOLDEN.resolve("custom.keras"), target).err())
        .contains("(Scaled)")
        .contains("which is not run");
    assertThat(target).doesNotExist();
  }

  @Test
  void a_legacy_configuration_is_not_put_into_an_archive() throws Exception {
    Path source = GOLDEN.resolve("mlp.h5");

    Run run = ckpt("convert", source, temporary.resolve("m.keras"));

    assertThat(run.status()).isEqualTo(1);
    assertThat(run.err())
        .isEqualTo(
            "ckpt convert: the source has the configuration of a legacy file, which Keras cannot make"
                + " a model of in a .keras archive; write .h5 or .weights.h5, or give the model as"
                + " Keras 3 saved it with --config\n");
    assertThat(ckpt("convert", source, temporary.resolve("m.weights.h5")).status()).isZero();
  }

  @Test
  void models_of_keras_are_averaged() throws Exception {
    Path source = GOLDEN.resolve("mlp.keras");
    Path other = temporary.resolve("other.keras");
    Files.copy(source, other);
    Path mean = temporary.resolve("mean.keras");

    Run run = ckpt("average", source, other, "--output", mean);

    assertThat(run.status()).as(run.err()).isZero();
    assertSame(read(mean).variables(), read(source).variables());
  }

  @Test
  void a_configuration_that_is_none_is_refused() throws Exception {
    Path config = Files.writeString(temporary.resolve("config.json"), "[1]");
    Path weights = GOLDEN.resolve("mlp.weights.h5");

    Run run = ckpt("convert", "--config", config, weights, temporary.resolve("x.pt"));

    assertThat(run.status()).isEqualTo(1);
    assertThat(run.err())
        .isEqualTo(
            "ckpt convert: "
                + config
                + ": the configuration of a Keras model should be a JSON object; use another file\n");
  }
}
