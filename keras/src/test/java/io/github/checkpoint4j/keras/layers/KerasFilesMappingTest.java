package io.github.checkpoint4j.keras.layers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.format.UnsupportedFeatureException;
import io.github.checkpoint4j.keras.Keras;
import io.github.checkpoint4j.keras.KerasModel;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files of real Keras, in each layout. */
class KerasFilesMappingTest {
  private static KerasModel read(String name) throws IOException {
    Path file = Path.of(System.getProperty("checkpoint4j.root"), "golden", "keras", "files", name);
    KerasModel model = Keras.read(MemorySegment.ofArray(Files.readAllBytes(file)), name);
    // The optimizer of this model is RMSprop.
    return name.startsWith("cnn") ? model.withVariables(model.variables(), Map.of()) : model;
  }

  @ParameterizedTest
  @ValueSource(strings = {"mlp", "cnn", "lstm", "transformer", "nested"})
  void a_model_is_the_same_in_pytorch_from_each_file(String name) throws IOException {
    ModelMapping archive = ModelMapping.of(read(name + ".keras"), name);
    KerasModel weights = read(name + ".weights.h5");
    StateDict expected = archive.stateDict();

    assertThat(expected.names()).isNotEmpty();
    assertSame(
        ModelMapping.of(weights.withConfig(read(name + ".keras").config().orElseThrow()), name)
            .stateDict(),
        expected);
    assertSame(ModelMapping.of(read(name + ".h5"), name).stateDict(), expected);
    if (!name.equals("cnn")) {
      assertThat(
              ModelMapping.of(read(name + ".h5"), name).optimizerState().map(OptimizerState::step))
          .isEqualTo(archive.optimizerState().map(OptimizerState::step))
          .isPresent();
    }
  }

  private static void assertSame(StateDict found, StateDict expected) {
    assertThat(found.names()).isEqualTo(expected.names());
    for (String tensor : expected.names()) {
      assertThat(found.tensor(tensor).hasSameBytes(expected.tensor(tensor))).as(tensor).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "mlp.keras", "cnn.keras", "lstm.keras", "transformer.keras", "nested.keras",
        "mlp.h5", "cnn.h5", "lstm.h5", "transformer.h5", "nested.h5"
      })
  void a_file_by_way_of_pytorch_has_the_same_variables(String name) throws IOException {
    KerasModel model = read(name);
    ModelMapping mapping = ModelMapping.of(model, name);

    KerasModel again = mapping.with(mapping.stateDict(), mapping.optimizerState());

    assertThat(again.variables()).hasSameSizeAs(model.variables()).isNotEmpty();
    if (model.layout().isLegacy()) {
      assertSameInOrder(again.variables(), model.variables());
    } else {
      model
          .variables()
          .forEach(
              (path, tensor) ->
                  assertThat(Golden.get(again.variables(), path).hasSameBytes(tensor)).isTrue());
    }
    assertThat(again.optimizerVariables()).hasSameSizeAs(model.optimizerVariables());
    if (!name.startsWith("nested")) { // its SGD's momentum is rounded
      assertSameInOrder(again.optimizerVariables(), model.optimizerVariables());
    }
    assertThat(Keras.write(again).size()).isPositive();
  }

  private static void assertSameInOrder(Map<String, Tensor> found, Map<String, Tensor> expected) {
    assertThat(found).hasSameSizeAs(expected);
    var others = expected.entrySet().iterator();
    found.forEach(
        (path, tensor) -> {
          var other = others.next();
          assertThat(tensor.hasSameBytes(other.getValue())).as(path + other.getKey()).isTrue();
        });
  }

  @Test
  void an_optimizer_without_a_counterpart_can_be_left_out() throws IOException {
    KerasModel weights = read("cnn.keras");
    Tensor state = Tensor.ofLongs(new long[] {1});
    KerasModel trained =
        weights.withVariables(weights.variables(), Map.of("optimizer/vars/0", state));

    assertThatThrownBy(() -> ModelMapping.of(trained, "cnn.keras"))
        .isInstanceOf(UnsupportedFeatureException.class)
        .hasMessage(
            "cnn.keras: optimizer RMSprop: only the state of Adam, AdamW and SGD has a counterpart here; the weights can be had without the optimizer");
    assertThat(ModelMapping.of(weights, "cnn.keras").stateDict().names()).isNotEmpty();
    assertThat(ModelMapping.of(weights, "cnn.keras").optimizerState()).isEqualTo(Optional.empty());
  }

  @ParameterizedTest
  @ValueSource(strings = {"lambda_layer.keras", "custom.keras"})
  void code_of_the_author_is_refused(String name) throws IOException {
    KerasModel model = read(name);

    assertThatThrownBy(() -> ModelMapping.of(model, name))
        .isInstanceOf(UnsupportedFeatureException.class)
        .hasMessageContaining("which is not run");
  }
}
