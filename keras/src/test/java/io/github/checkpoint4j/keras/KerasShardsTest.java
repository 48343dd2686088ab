package io.github.checkpoint4j.keras;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.state.Tensor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Files that index names wrongly are in golden/keras/files/hostile. */
class KerasShardsTest {
  private static MemorySegment shard(String... paths) {
    Map<String, Tensor> variables = new LinkedHashMap<>();
    for (String path : paths) {
      variables.put(path, Tensor.scalar(1));
    }
    return Golden.joined(Keras.write(KerasModel.of(KerasLayout.WEIGHTS, variables)));
  }

  private static KerasShards index(String map) throws CorruptFileException {
    byte[] json =
        ("{\"weight_map\": " + map.replace('\'', '"') + "}").getBytes(StandardCharsets.UTF_8);
    return KerasShards.parse(MemorySegment.ofArray(json), "m.weights.json");
  }

  @Test
  void a_group_may_be_in_one_file_or_in_a_list_of_them() throws IOException {
    KerasShards index =
        index("{'/vars': '0.weights.h5', '/layers/a/vars': ['0.weights.h5', '1.weights.h5']}");

    assertThat(index.names()).containsExactly("0.weights.h5", "1.weights.h5");
    assertThat(
            index
                .read(
                    Map.of(
                        "0.weights.h5", shard("vars/0", "layers/a/vars/0"),
                        "1.weights.h5", shard("layers/a/vars/1")))
                .variables()
                .keySet())
        .containsExactly("vars/0", "layers/a/vars/0", "layers/a/vars/1");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'/a/vars': '0.weights.h5'} | a/vars/0,b/vars/0 |"
            + " 0.weights.h5 has variables of 'b/vars', of which it does not say so",
        "{'/a/vars': '0.weights.h5', '/b/vars': '0.weights.h5'} | a/vars/0 |"
            + " it has variables of 'b/vars' in 0.weights.h5, and there are none",
        "{'/a/vars': ['0.weights.h5', '1.weights.h5']} | a/vars/0 |"
            + " it names the file 1.weights.h5, which is missing"
      })
  void an_index_that_does_not_fit_its_files_is_refused(String map, String variables, String message)
      throws IOException {
    KerasShards index = index(map);
    Map<String, MemorySegment> shards = Map.of("0.weights.h5", shard(variables.split(",")));

    assertThatThrownBy(() -> index.read(shards))
        .isInstanceOf(CorruptFileException.class)
        .hasMessage(
            "m.weights.json: "
                + message
                + "; the files are not of one model: copy or save them again");
  }

  @Test
  void a_variable_in_two_files_is_refused() throws IOException {
    KerasShards index = index("{'/a/vars': ['0.weights.h5', '1.weights.h5']}");
    Map<String, MemorySegment> shards =
        Map.of("0.weights.h5", shard("a/vars/0"), "1.weights.h5", shard("a/vars/0"));

    assertThatThrownBy(() -> index.read(shards))
        .isInstanceOf(CorruptFileException.class)
        .hasMessageStartingWith("m.weights.json: two of its files have 'a/vars/0'; ");
  }

  @Test
  void a_file_that_is_not_of_keras_is_refused() throws IOException {
    KerasShards index = index("{'/a/vars': '0.weights.h5'}");
    Map<String, MemorySegment> shards = Map.of("0.weights.h5", Golden.bytes("handmade/other.h5"));

    assertThatThrownBy(() -> index.read(shards))
        .isInstanceOf(CorruptFileException.class)
        .hasMessageStartingWith("m.weights.json: 0.weights.h5 holds no weights of Keras 3; ");
  }

  @Test
  void an_index_without_a_map_is_refused() {
    assertThatThrownBy(() -> index("7"))
        .isInstanceOf(CorruptFileException.class)
        .hasMessage("m.weights.json: expected an object 'weight_map'; save the weights again");
  }

  @Test
  void an_index_is_told_from_that_of_safetensors() throws IOException {
    Json keras = Json.parse(Golden.bytes("mlp-shards.weights.json"), "index");
    Json.Obj map = Json.object().put("a.weight", "model-00001-of-00002.safetensors").build();

    assertThat(KerasShards.isIndex(keras)).isTrue();
    assertThat(KerasShards.isIndex(Json.object().put("weight_map", map).build())).isFalse();
    assertThat(KerasShards.isIndex(Json.of("weight_map"))).isFalse();
  }
}
