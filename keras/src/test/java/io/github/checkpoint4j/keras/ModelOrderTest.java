package io.github.checkpoint4j.keras;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.Json;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ModelOrderTest {
  private static Json.Obj config(String json) throws CorruptFileException {
    byte[] utf8 = json.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    return JsonObject.parse(MemorySegment.ofArray(utf8), "config");
  }

  private static List<String> sorted(Optional<Json.Obj> config, String... paths) {
    Map<String, String> entries = new LinkedHashMap<>();
    for (String path : paths) {
      entries.put(path, path);
    }
    return List.copyOf(ModelOrder.of(config).sorted(entries).keySet());
  }

  /** The second column is what keras.src.utils.naming.to_snake_case of Keras 3.15.1 gives. */
  @ParameterizedTest
  @CsvSource({
    "Dense,dense",
    "BatchNormalization,batch_normalization",
    "Conv2D,conv2d",
    "SeparableConv1D,separable_conv1d",
    "LSTM,lstm",
    "GRUCell,gru_cell",
    "ReLU,re_lu",
    "PReLU,p_re_lu",
    "GELU,gelu",
    "MultiHeadAttention,multi_head_attention",
    "HTTPServer2Layer,http_server2_layer",
    "my_Layer,my__layer",
    "shop>Scaled,shop_scaled",
    "Größe2X,größe2x"
  })
  void a_group_is_named_by_the_class_of_its_layer(String className, String group) {
    assertThat(ModelOrder.snakeCase(className)).isEqualTo(group);
  }

  @Test
  void without_a_configuration_names_are_in_the_order_of_their_numbers() {
    assertThat(
            sorted(
                Optional.empty(),
                "layers/dense_10/vars/0",
                "layers/dense_2/vars/10",
                "layers/dense_2/vars/9",
                "layers/dense/vars/0",
                "layers/conv2d/vars/0",
                "layers/dense_2/_private/vars/0",
                "layers/dense_2/cell/vars/0",
                "vars/0"))
        .containsExactly(
            "vars/0",
            "layers/conv2d/vars/0",
            "layers/dense/vars/0",
            "layers/dense_2/vars/9",
            "layers/dense_2/vars/10",
            "layers/dense_2/cell/vars/0",
            "layers/dense_2/_private/vars/0",
            "layers/dense_10/vars/0");
  }

  @Test
  void with_a_configuration_layers_are_in_its_order_also_in_models_within_it() throws Exception {
    Json.Obj config =
        config(
            """
            {'config': {'layers': [
              {'class_name': 'Dense'},
              {'class_name': 'Sequential', 'config': {'layers': [
                {'class_name': 'Zebra'}, {'class_name': 'Ape'}]}},
              {'class_name': 'Conv2D'},
              {'class_name': 'TimeDistributed', 'config': {'layer': {'config': {'layers': [
                {'class_name': 'Yak'}, {'class_name': 'Bee'}]}}}},
              {'class_name': 'Dense'}]}}
            """);

    assertThat(
            sorted(
                Optional.of(config),
                "layers/conv2d/vars/0",
                "layers/dense/vars/0",
                "layers/dense_1/vars/0",
                "layers/sequential/layers/ape/vars/0",
                "layers/sequential/layers/zebra/vars/0",
                "layers/time_distributed/layer/layers/bee/vars/0",
                "layers/time_distributed/layer/layers/yak/vars/0",
                "layers/unknown/vars/0"))
        .containsExactly(
            "layers/dense/vars/0",
            "layers/sequential/layers/zebra/vars/0",
            "layers/sequential/layers/ape/vars/0",
            "layers/conv2d/vars/0",
            "layers/time_distributed/layer/layers/yak/vars/0",
            "layers/time_distributed/layer/layers/bee/vars/0",
            "layers/dense_1/vars/0",
            "layers/unknown/vars/0");
  }

  @Test
  void a_configuration_of_another_form_is_as_none() throws Exception {
    for (String json :
        List.of(
            "{}",
            "{'config': []}",
            "{'config': {'layers': 7}}",
            "{'config': {'layers': [1, {}]}}")) {
      assertThat(sorted(Optional.of(config(json)), "layers/b/vars/0", "layers/a/vars/0"))
          .containsExactly("layers/a/vars/0", "layers/b/vars/0");
    }
  }
}
