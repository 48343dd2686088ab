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
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The verbs that read files, on those that Keras made: see golden/keras/files/make.py. */
class KerasFilesTest {
  private static final Path GOLDEN =
      Path.of(System.getProperty("checkpoint4j.root"), "golden", "keras", "files");

  @TempDir Path temporary;

  static Stream<String> names() throws IOException {
    return expected().members().keySet().stream();
  }

  private static Json.Obj expected() throws IOException {
    byte[] text = Files.readAllBytes(GOLDEN.resolve("expected.json"));
    return (Json.Obj) Json.parse(MemorySegment.ofArray(text), "expected.json");
  }

  @ParameterizedTest
  @MethodSource("names")
  void tensors_are_those_that_keras_saved_by_their_path_also_if_the_file_has_another_name(
      String name) throws Exception {
    Path file = GOLDEN.resolve(name);
    if (!Files.isDirectory(file) && !name.endsWith(".json")) {
      file = Files.copy(file, temporary.resolve("any name"));
    }
    List<Json> rows = new ArrayList<>();
    for (String part : List.of("variables", "optimizer")) {
      for (Json row : expected().object(name).array(part).items()) {
        Json.Obj fields = (Json.Obj) row;
        rows.add(
            Json.object()
                .put("name", fields.text("path"))
                .put("dtype", fields.text("dtype"))
                .put("shape", fields.array("shape"))
                .put("sha256", fields.text("sha256"))
                .build());
      }
    }

    assertThat(rows).isNotEmpty();
    assertThat(ckpt("tensors", "--json", file).json()).isEqualTo(Json.array(rows));
  }

  @Test
  void an_archive_is_shown_with_its_layers_and_their_variables() {
    Path file = GOLDEN.resolve("wide.keras");

    assertThat(ckpt("show", file).out())
        .startsWith(file + "  47.5 kB, a Keras model, 12 tensors, 48 parameters\n")
        .contains(
            """
            ├─ (layout)             a .keras archive
            ├─ (keras_version)      3.15.1
            ├─ (date_saved)         2026-01-31@23:59:59
            ├─ (model)              Sequential 'wide'
            ├─ (layer input_layer)  InputLayer
            ├─ (layer dense)        Dense
            """)
        .contains("└─ layers\n   ├─ dense/vars\n   │  └─ 0  F32 [2, 2]\n   ├─ dense_1/vars\n");
  }

  @Test
  void a_model_in_shards_is_shown_as_one() {
    assertThat(ckpt("show", GOLDEN.resolve("mlp-shards.weights.json")).out())
        .contains("31.8 kB, a Keras model, 22 tensors, 95 parameters\n")
        .contains("├─ (layout)  Keras weights in shards\n")
        .contains("└─ optimizer/vars\n");
  }

  @Test
  void code_in_a_file_is_said_not_to_be_run() {
    assertThat(ckpt("show", GOLDEN.resolve("lambda_layer.keras")).out())
        .contains("(layer lambda)       Lambda (its code is not run)\n");
    assertThat(ckpt("show", GOLDEN.resolve("custom.keras")).out())
        .contains("(layer scaled)       Scaled (custom: shop>Scaled, not run)\n");
  }

  @Test
  void assets_are_shown_with_their_size() {
    assertThat(ckpt("show", GOLDEN.resolve("vocabulary.keras")).out())
        .contains("(assets/layers/string_lookup/vocabulary.txt)  16 B\n");
  }

  @Test
  void any_hdf5_file_is_shown_as_a_tree_of_datasets_and_attributes() {
    Path file = GOLDEN.resolve("handmade/other.h5");

    Run show = ckpt("show", file);

    assertThat(show.status()).isZero();
    assertThat(show.out())
        .contains("an HDF5 file, 2 tensors, 3 parameters\n")
        .contains("├─ @title  'weather'\n")
        .contains("├─ count   I32 []\n")
        .contains("├─ names  ['Mon', 'Tue']\n")
        .contains("temperature  F64 [1, 2]\n")
        .contains("└─ @unit  '°C'\n");
    assertThat(ckpt("tensors", file).out()).contains("days/temperature  F64    [1, 2]");
  }

  @Test
  void json_has_the_layout_and_the_path_of_each_variable() throws Exception {
    Json.Obj document = ckpt("show", "--json", GOLDEN.resolve("mlp-directory")).object();

    assertThat(document.text("format")).isEqualTo("keras");
    assertThat(document.object("metadata").text("layout"))
        .isEqualTo("the directory of a Keras model");
    assertThat(document.object("metadata").text("layer first")).isEqualTo("Dense");
    assertThat(document.array("tensors").items()).hasSize(22);
    assertThat(document.array("tensors").items().getFirst().toText())
        .isEqualTo("{\"name\":\"layers/dense/vars/0\",\"dtype\":\"F32\",\"shape\":[4,3]}");
  }

  @ParameterizedTest
  @MethodSource("names")
  void every_file_is_verified(String name) {
    Path file = GOLDEN.resolve(name);

    Run verify = ckpt("verify", file);

    assertThat(verify.status()).as(verify.out()).isZero();
    assertThat(verify.out()).startsWith("ok      " + file + ": its structure is right");
    if (name.endsWith(".keras")) {
      assertThat(verify.out()).contains("and so is the checksum of each file in it");
    }
  }

  @Test
  void a_flipped_bit_in_an_archive_is_found() throws Exception {
    Path file = Files.copy(GOLDEN.resolve("mlp.keras"), temporary.resolve("mlp.keras"));
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length - 1000] ^= 1;
    Files.write(file, bytes);

    Run verify = ckpt("verify", file);

    assertThat(verify.status()).isEqualTo(1);
    assertThat(verify.out())
        .startsWith("FAILED  " + file + ", byte ")
        .contains("the entry 'model.weights.h5' should have the CRC-32 ")
        .hasLineCount(1);
  }

  @Test
  void weights_of_another_model_than_the_configurations_are_found() throws Exception {
    Path mixed = Files.createDirectory(temporary.resolve("mixed"));
    Files.copy(GOLDEN.resolve("mlp-directory/config.json"), mixed.resolve("config.json"));
    Files.copy(GOLDEN.resolve("cnn.weights.h5"), mixed.resolve("model.weights.h5"));

    Run verify = ckpt("verify", mixed);

    assertThat(verify.status()).isEqualTo(1);
    assertThat(verify.out())
        .contains(
            "FAILED  "
                + mixed
                + ": there are variables in 'layers/conv2d', and the configuration has no such layer")
        .contains(
            "the configuration has a layer Dense with variables in 'layers/dense_1', and there are"
                + " none");
  }

  @Test
  void a_shard_that_is_missing_or_of_another_model_is_found() throws Exception {
    Path index = temporary.resolve("mlp-shards.weights.json");
    Files.copy(GOLDEN.resolve("mlp-shards.weights.json"), index);
    Path first = temporary.resolve("mlp-shards_00000.weights.h5");
    Files.copy(GOLDEN.resolve("mlp-shards_00000.weights.h5"), first);

    assertThat(ckpt("verify", index).out())
        .isEqualTo(
            "FAILED  "
                + index
                + ": it names the file mlp-shards_00001.weights.h5, which is missing; the files are"
                + " not of one model: copy or save them again\n");

    Files.copy(GOLDEN.resolve("lstm.weights.h5"), temporary.resolve("mlp-shards_00001.weights.h5"));
    assertThat(ckpt("verify", index).out())
        .contains("mlp-shards_00001.weights.h5 has variables of 'layers/");
  }

  @Test
  void a_directory_without_weights_is_refused_as_what_it_is() throws Exception {
    Files.copy(GOLDEN.resolve("mlp-directory/config.json"), temporary.resolve("config.json"));
    Files.writeString(temporary.resolve("model.weights.npz"), "PK");

    Run show = ckpt("show", temporary);

    assertThat(show.status()).isEqualTo(1);
    assertThat(show.err()).contains("its weights are in model.weights.npz, which is not read here");
  }
}
