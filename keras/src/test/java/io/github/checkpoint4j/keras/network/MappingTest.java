package io.github.checkpoint4j.keras.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.keras.layers.ModelConfig;
import io.github.checkpoint4j.keras.layers.WeightMapping;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.torch.ModuleState;
import java.io.IOException;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A network's weights next to the mapping of Keras's variables. */
class MappingTest {
  static Stream<Arguments> models() {
    return Stream.of("predictions", "training")
        .flatMap(
            file ->
                Golden.named(file).cases().stream()
                    // The mapping refuses output shapes with a size that is open.
                    .filter(name -> !name.equals("einsum_dense"))
                    .map(name -> Arguments.of(file, name)));
  }

  @ParameterizedTest
  @MethodSource("models")
  void the_weights_of_a_network_go_to_keras_and_come_back_under_the_same_names(
      String file, String name) throws IOException {
    Golden golden = Golden.named(file);
    var json = golden.json(name);
    ModelConfig config =
        golden.config(json.find("model").isPresent() ? json.object("model") : json);
    KerasNetwork network = KerasNetwork.of(config);
    StateDict state = ModuleState.of(network.module()).stateDict();
    WeightMapping mapping = WeightMapping.of(config);

    Map<String, Tensor> keras = mapping.toKeras(state);
    StateDict back = mapping.toPyTorch(keras);
    assertThat(state.names()).containsExactlyInAnyOrderElementsOf(back.names());
    for (String weight : back.names()) {
      assertThat(state.tensor(weight).hasSameBytes(back.tensor(weight))).as(weight).isTrue();
    }
  }
}
