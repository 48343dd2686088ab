package io.github.checkpoint4j.keras;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.format.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each file that Keras wrote is read as what Keras says it is. */
class KerasGoldenTest {
  static Stream<String> names() throws IOException {
    return Golden.expected().members().keySet().stream();
  }

  @Test
  void every_file_is_expected_and_the_other_way_round() throws IOException {
    Set<String> expected = new TreeSet<>();
    for (String name : Golden.expected().members().keySet()) {
      Json.Obj model = Golden.expected().object(name);
      expected.add(name);
      model.find("shards").stream()
          .flatMap(shards -> ((Json.Arr) shards).items().stream())
          .forEach(shard -> expected.add(((Json.Str) shard).value()));
    }
    Set<String> found = new TreeSet<>();
    try (Stream<Path> files = Files.list(Golden.FOLDER)) {
      files
          .map(file -> String.valueOf(file.getFileName()))
          .filter(name -> !name.endsWith(".py") && !name.startsWith("expected"))
          .forEach(found::add);
    }
    found.removeAll(List.of("hostile", "handmade", "__pycache__"));

    assertThat(found).isNotEmpty().isEqualTo(expected);
  }

  @ParameterizedTest
  @MethodSource("names")
  void a_file_has_the_variables_that_keras_saved_in_the_models_order(String name)
      throws IOException {
    Json.Obj expected = Golden.expected().object(name);

    KerasModel model = Golden.read(name);

    assertThat(model.layout()).hasToString(expected.text("layout"));
    assertThat(Golden.rows(model.variables())).isEqualTo(expected.array("variables"));
    assertThat(Golden.rows(model.optimizerVariables())).isEqualTo(expected.array("optimizer"));
  }

  @ParameterizedTest
  @MethodSource("names")
  void a_configuration_is_what_keras_saved(String name) throws IOException {
    Json.Obj expected = Golden.expected().object(name);

    KerasModel model = Golden.read(name);

    assertThat(model.config().isPresent()).isEqualTo(expected.find("config").isPresent());
    if (model.config().isPresent()) {
      byte[] text = model.config().get().toText().getBytes(StandardCharsets.UTF_8);
      assertThat(Golden.sha256(text)).isEqualTo(expected.text("config"));
      assertThat(model.kerasVersion()).contains("3.15.1");
      assertThat(model.layers()).isNotEmpty();
      assertThat(model.mismatches()).isEmpty();
    }
  }

  @ParameterizedTest
  @MethodSource("names")
  void layers_of_legacy_files_are_in_their_order(String name) throws IOException {
    Json.Obj expected = Golden.expected().object(name);

    KerasModel model = Golden.read(name);

    assertThat(model.layout().isLegacy()).isEqualTo(expected.find("layers").isPresent());
    if (model.layout().isLegacy()) {
      assertThat(Json.array(model.names().values().stream().map(Json::of).toList()))
          .isEqualTo(expected.array("layers"));
    }
  }

  @Test
  void names_of_layers_are_those_of_their_groups() throws IOException {
    assertThat(Golden.read("mlp.keras").names())
        .containsEntry("", "mlp")
        .containsEntry("layers/dense", "first")
        .containsEntry("layers/dense_1", "dense")
        .containsEntry("optimizer", "adam");
  }

  @Test
  void an_archive_says_when_it_was_saved_and_how_it_was_compiled() throws IOException {
    KerasModel model = Golden.read("mlp.keras");

    assertThat(model.dateSaved()).contains("2026-01-31@23:59:59");
    assertThat(model.backend()).isEmpty();
    assertThat(model.compileConfig().orElseThrow().object("optimizer").text("class_name"))
        .isEqualTo("Adam");
    assertThat(Golden.read("wide.keras").compileConfig().orElseThrow().members()).isEmpty();
  }

  @Test
  void a_legacy_model_says_its_backend_and_how_it_was_compiled() throws IOException {
    KerasModel model = Golden.read("mlp.h5");

    assertThat(model.backend()).contains("tensorflow");
    assertThat(model.dateSaved()).isEmpty();
    assertThat(model.compileConfig().orElseThrow().object("optimizer_config").text("class_name"))
        .isEqualTo("Adam");
    assertThat(Golden.read("mlp-weights.h5").kerasVersion()).contains("3.15.1");
  }

  @Test
  void assets_are_bytes_by_their_path() throws IOException {
    KerasModel model = Golden.read("vocabulary.keras");

    assertThat(model.assets()).containsOnlyKeys("assets/layers/string_lookup/vocabulary.txt");
    assertThat(model.assets().values().iterator().next().byteSize()).isEqualTo(16);
    assertThat(Golden.read("mlp.keras").assets()).isEmpty();
  }

  @Test
  void the_code_of_a_lambda_is_only_text() throws IOException {
    Json.Obj layer = (Json.Obj) Golden.read("lambda_layer.keras").layers().get(1);

    assertThat(layer.text("class_name")).isEqualTo("Lambda");
    assertThat(layer.object("config").object("function").object("config").text("code"))
        .startsWith("4wEAAAA");
  }
}
