package io.github.checkpoint4j.keras.layers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.StateMismatchException;
import io.github.checkpoint4j.state.Tensor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The models of golden/keras/layers, whose tensors in PyTorch's terms give in torch.nn what Keras
 * gives.
 */
class WeightMappingGoldenTest {
  static List<Golden> models() {
    return Golden.all();
  }

  @ParameterizedTest
  @MethodSource("models")
  void variables_become_the_state_dict_of_torch(Golden model) throws IOException {
    StateDict state = WeightMapping.of(model.config()).toPyTorch(model.of("keras:"));

    assertSame(state, model.stateDict());
  }

  @ParameterizedTest
  @MethodSource("models")
  void a_state_dict_becomes_the_variables_of_keras(Golden model) throws IOException {
    Map<String, Tensor> variables = WeightMapping.of(model.config()).toKeras(model.stateDict());

    assertThat(variables.keySet()).isEqualTo(model.of("keras:").keySet());
    model
        .of("keras:")
        .forEach(
            (path, tensor) ->
                assertThat(Golden.get(variables, path).hasSameBytes(tensor)).as(path).isTrue());
  }

  /** A legacy file does not tell of how many dimensions the input of a layer is. */
  static List<Golden> legacyModels() {
    return Golden.all().stream().filter(model -> !model.name().equals("prelu_shared")).toList();
  }

  @Test
  void slopes_of_a_legacy_file_that_are_shared_but_not_by_channel_are_refused() throws IOException {
    Golden model = Golden.named("prelu_shared");
    WeightMapping mapping = WeightMapping.of(model.legacyConfig());

    assertThatThrownBy(() -> mapping.legacyToPyTorch(model.legacy()))
        .isInstanceOf(StateMismatchException.class)
        .hasMessage(
            "the weights are not those of the model: 'p_re_lu/alpha' (expected [1, 1, 1, ?], found F32[1, 1, 1]), 'p_re_lu_1/alpha' (expected [1, ?], found F32[1, 5, 4]), 'p_re_lu_2/alpha' (expected [?, 1, 1, ?], found F32[6, 1, 1])");
  }

  @ParameterizedTest
  @MethodSource("legacyModels")
  void weights_of_a_legacy_file_become_the_same_state_dict(Golden model) throws IOException {
    StateDict state = WeightMapping.of(model.legacyConfig()).legacyToPyTorch(model.legacy());

    assertSame(state, model.stateDict());
  }

  @ParameterizedTest
  @MethodSource("legacyModels")
  void a_state_dict_becomes_the_weights_of_a_legacy_file(Golden model) throws IOException {
    Map<String, Map<String, Tensor>> weights =
        WeightMapping.of(model.legacyConfig()).toLegacyKeras(model.stateDict());

    Map<String, List<Tensor>> expected = new LinkedHashMap<>(model.legacy());
    assertThat(weights.keySet()).containsAll(expected.keySet());
    expected.forEach(
        (layer, tensors) -> {
          List<Tensor> found = new ArrayList<>(Golden.get(weights, layer).values());
          assertThat(found).as(layer).hasSameSizeAs(tensors);
          for (int i = 0; i < found.size(); i++) {
            assertThat(found.get(i).hasSameBytes(tensors.get(i))).as(layer + i).isTrue();
          }
        });
  }

  /** A model's own scope, which Keras adds in some cases, does not matter: order does. */
  @ParameterizedTest
  @MethodSource("legacyModels")
  void weights_of_a_legacy_file_are_named_as_keras_names_them(Golden model) throws IOException {
    Map<String, Map<String, Tensor>> weights =
        WeightMapping.of(model.legacyConfig()).toLegacyKeras(model.stateDict());

    model
        .legacyNames()
        .forEach(
            (layer, names) -> {
              List<String> found = new ArrayList<>(Golden.get(weights, layer).keySet());
              for (int i = 0; i < names.size(); i++) {
                assertThat(found.get(i)).endsWith(withoutScopes(names.get(i)));
              }
            });
  }

  private static String withoutScopes(String name) {
    return name.startsWith("sequential") ? name.substring(name.indexOf('/') + 1) : name;
  }

  private static void assertSame(StateDict found, StateDict expected) {
    assertThat(List.copyOf(found.names())).isEqualTo(List.copyOf(expected.names()));
    for (String name : expected.names()) {
      assertThat(found.tensor(name).hasSameBytes(expected.tensor(name))).as(name).isTrue();
    }
  }
}
