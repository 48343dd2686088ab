package io.github.checkpoint4j.keras;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.state.Tensor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class KerasWriteTest {
  private static final Map<String, Tensor> TWO =
      Map.of("layers/dense/vars/0", Tensor.ofFloats(new float[] {1, 2}, 2));

  static Stream<String> names() throws IOException {
    return Golden.expected().members().keySet().stream();
  }

  /** What is read from what was written of a model. */
  private static KerasModel again(KerasModel model) throws IOException {
    return switch (model.layout()) {
      case DIRECTORY -> Keras.readDirectory(bytes(Keras.writeDirectory(model)), "again");
      case SHARDED_WEIGHTS -> {
        Map<String, MemorySegment> files = bytes(Keras.writeShards(model, "again", 100));
        MemorySegment index = files.getOrDefault("again.weights.json", MemorySegment.NULL);
        yield KerasShards.parse(index, "again.weights.json").read(files);
      }
      default -> Keras.read(Golden.joined(Keras.write(model)), "again");
    };
  }

  private static Map<String, MemorySegment> bytes(Map<String, FileContent> files) {
    Map<String, MemorySegment> bytes = new LinkedHashMap<>();
    files.forEach((name, content) -> bytes.put(name, Golden.joined(content)));
    return bytes;
  }

  private static void requireSame(KerasModel read, KerasModel written) {
    assertThat(read.layout()).isEqualTo(written.layout());
    assertThat(read.config()).isEqualTo(written.config());
    assertThat(read.trainingConfig()).isEqualTo(written.trainingConfig());
    assertThat(read.kerasVersion()).isEqualTo(written.kerasVersion());
    assertThat(read.backend()).isEqualTo(written.backend());
    assertThat(read.dateSaved()).isEqualTo(written.dateSaved());
    assertThat(read.names()).isEqualTo(written.names());
    assertThat(Golden.rows(read.variables())).isEqualTo(Golden.rows(written.variables()));
    assertThat(Golden.rows(read.optimizerVariables()))
        .isEqualTo(Golden.rows(written.optimizerVariables()));
    assertThat(read.assets().keySet()).isEqualTo(written.assets().keySet());
    read.assets()
        .forEach(
            (path, bytes) ->
                assertThat(bytes.mismatch(written.assets().getOrDefault(path, MemorySegment.NULL)))
                    .as(path)
                    .isEqualTo(-1));
  }

  @ParameterizedTest
  @MethodSource("names")
  void what_is_written_is_the_same_model(String name) throws IOException {
    KerasModel model = Golden.read(name);

    requireSame(again(model), model);
  }

  @ParameterizedTest
  @MethodSource("names")
  void the_same_model_gives_the_same_bytes(String name) throws IOException {
    KerasModel model = Golden.read(name);
    KerasModel other = Golden.read(name);

    for (KerasLayout layout : KerasLayout.values()) {
      if (layout.isLegacy() == model.layout().isLegacy()
          && (layout == KerasLayout.WEIGHTS || layout == KerasLayout.LEGACY_WEIGHTS)) {
        MemorySegment first = Golden.joined(Keras.write(model.withLayout(layout)));
        MemorySegment second = Golden.joined(Keras.write(other.withLayout(layout)));
        assertThat(first.mismatch(second)).isEqualTo(-1);
      }
    }
  }

  @Test
  void a_model_goes_into_each_layout_of_its_kind_and_back() throws IOException {
    KerasModel archive = Golden.read("mlp.keras");
    KerasModel legacy = Golden.read("mlp.h5");

    for (KerasLayout layout : KerasLayout.values()) {
      KerasModel model = layout.isLegacy() ? legacy : archive;
      KerasModel read = again(model.withLayout(layout));
      assertThat(read.layout()).isEqualTo(layout);
      assertThat(Golden.rows(read.withLayout(model.layout()).variables()).toText().length())
          .isEqualTo(Golden.rows(model.variables()).toText().length());
      assertThat(read.config().isPresent())
          .isEqualTo(
              List.of(KerasLayout.ARCHIVE, KerasLayout.DIRECTORY, KerasLayout.LEGACY_MODEL)
                  .contains(layout));
    }
  }

  @Test
  void a_legacy_layout_is_no_other() throws IOException {
    KerasModel legacy = Golden.read("mlp.h5");

    assertThatThrownBy(() -> legacy.withLayout(KerasLayout.ARCHIVE))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a legacy Keras model names its variables otherwise than a .keras archive");
    assertThatThrownBy(() -> Keras.writeShards(legacy, "a", 1000))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "a legacy Keras model keeps weights by other names than a Keras weights file:"
                + " write it as what it is");
  }

  @Test
  void weights_are_not_copied_and_named_in_the_parts_of_the_file() {
    KerasModel model = KerasModel.of(KerasLayout.WEIGHTS, TWO);

    List<FileContent.Part> parts =
        Keras.write(model).parts().stream().filter(part -> part.tensor().isPresent()).toList();

    assertThat(parts).hasSize(1);
    assertThat(parts.getFirst().tensor()).contains("layers/dense/vars/0");
    assertThat(parts.getFirst().bytes().heapBase())
        .isEqualTo(TWO.values().iterator().next().bytes().heapBase());
  }

  @Test
  void the_date_is_the_callers_and_left_out_if_there_is_none() throws IOException {
    KerasModel model =
        KerasModel.of(KerasLayout.ARCHIVE, TWO).withConfig(Json.object().put("a", 1).build());

    assertThat(again(model).dateSaved()).isEmpty();
    assertThat(again(model.withDateSaved("2026-01-01@00:00:00")).dateSaved())
        .contains("2026-01-01@00:00:00");
  }

  @Test
  void an_archive_needs_a_configuration() {
    assertThatThrownBy(() -> Keras.write(KerasModel.of(KerasLayout.ARCHIVE, TWO)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "the model has no configuration, without which Keras cannot make it;"
                + " write its weights alone");
  }

  @Test
  void several_files_are_not_one() {
    assertThatThrownBy(() -> Keras.write(KerasModel.of(KerasLayout.SHARDED_WEIGHTS, TWO)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "Keras weights in shards is several files: write them with writeDirectory or writeShards");
  }

  @Test
  void shards_are_filled_up_to_their_size_and_a_layer_may_be_in_two() throws IOException {
    Map<String, Tensor> variables = new LinkedHashMap<>();
    for (int i = 0; i < 5; i++) {
      variables.put("layers/dense/vars/" + i, Tensor.ofFloats(new float[i + 1], i + 1));
    }
    KerasModel model = KerasModel.of(KerasLayout.SHARDED_WEIGHTS, variables);

    Map<String, FileContent> files = Keras.writeShards(model, "m", 24);

    assertThat(files.keySet())
        .containsExactly(
            "m.weights.json", "m_00000.weights.h5", "m_00001.weights.h5", "m_00002.weights.h5");
    MemorySegment text = bytes(files).getOrDefault("m.weights.json", MemorySegment.NULL);
    Json.Obj index = (Json.Obj) Json.parse(text, "index");
    assertThat(index.object("metadata").toText()).isEqualTo("{\"total_size\":60.0}");
    assertThat(index.object("weight_map").toText())
        .isEqualTo(
            "{\"/layers/dense/vars\":[\"m_00000.weights.h5\",\"m_00001.weights.h5\","
                + "\"m_00002.weights.h5\"]}");
    assertThat(KerasShards.isIndex(index)).isTrue();
    List<Integer> sizes = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      MemorySegment part =
          bytes(files).getOrDefault("m_0000" + i + ".weights.h5", MemorySegment.NULL);
      sizes.add(Keras.read(part, "part").variables().size());
    }
    assertThat(sizes).containsExactly(3, 1, 1);
  }

  @Test
  void a_variable_larger_than_a_shard_is_refused() {
    KerasModel model = KerasModel.of(KerasLayout.SHARDED_WEIGHTS, TWO);

    assertThatThrownBy(() -> Keras.writeShards(model, "m", 7))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("'layers/dense/vars/0' has 8 bytes, and a shard at most 7; allow larger ones");
  }

  @Test
  void the_names_of_shards_are_names_of_files() {
    KerasModel model = KerasModel.of(KerasLayout.SHARDED_WEIGHTS, TWO);

    for (String name : List.of("", "a/b", "..\\b", "a:b")) {
      assertThatThrownBy(() -> Keras.writeShards(model, name, 100))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("not what a file's name begins with: '" + name + "'");
    }
  }
}
