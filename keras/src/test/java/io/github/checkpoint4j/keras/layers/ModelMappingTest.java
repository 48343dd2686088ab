package io.github.checkpoint4j.keras.layers;

import static io.github.checkpoint4j.keras.layers.Layers.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.format.UnsupportedFeatureException;
import io.github.checkpoint4j.keras.KerasLayout;
import io.github.checkpoint4j.keras.KerasModel;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ModelMappingTest {
  /** The model of golden/keras/layers as a file of this layout holds it. */
  private static KerasModel model(Golden golden, KerasLayout layout) {
    Map<String, Tensor> variables = new LinkedHashMap<>();
    Map<String, Tensor> optimizer = new LinkedHashMap<>();
    Map<String, String> names = new LinkedHashMap<>();
    List<Tensor> states = golden.numbered("optimizer:");
    for (int i = 0; i < states.size(); i++) {
      String name =
          layout.isLegacy()
              ? "optimizer_weights/" + golden.texts("optimizer").get(i)
              : "optimizer/vars/" + i;
      optimizer.put(name, states.get(i));
    }
    if (layout.isLegacy()) {
      golden
          .legacyNames()
          .forEach(
              (layer, weights) -> {
                String group = "model_weights/" + layer;
                names.put(group, layer);
                for (int i = 0; i < weights.size(); i++) {
                  variables.put(
                      group + "/" + weights.get(i), Golden.get(golden.legacy(), layer).get(i));
                }
              });
    } else {
      variables.putAll(golden.of("keras:"));
    }
    return new KerasModel(
        layout,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.of(golden.document().object(layout.isLegacy() ? "legacy_config" : "config")),
        Optional.of(golden.document().object("training_config")),
        names,
        variables,
        optimizer,
        Map.of());
  }

  @ParameterizedTest
  @EnumSource(names = {"ARCHIVE", "DIRECTORY", "WEIGHTS", "LEGACY_MODEL"})
  void weights_and_optimizer_of_each_layout_are_those_of_pytorch(KerasLayout layout)
      throws IOException {
    for (String name : List.of("functional", "nested_frozen", "frozen", "transformer")) {
      Golden golden = Golden.named(name);
      ModelMapping mapping = ModelMapping.of(model(golden, layout), name);

      StateDict state = mapping.stateDict();
      assertThat(List.copyOf(state.names())).isEqualTo(golden.texts("torch"));
      for (String tensor : state.names()) {
        assertThat(state.tensor(tensor).hasSameBytes(golden.stateDict().tensor(tensor)))
            .as(tensor)
            .isTrue();
      }
      assertThat(mapping.optimizerState().orElseThrow().parameters().names())
          .isEqualTo(golden.optimizerState().keySet());
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"ARCHIVE", "LEGACY_MODEL"})
  void what_pytorch_holds_becomes_the_same_file(KerasLayout layout) throws IOException {
    KerasModel model = model(Golden.named("transformer"), layout);
    ModelMapping mapping = ModelMapping.of(model, "model");

    KerasModel again = mapping.with(mapping.stateDict(), mapping.optimizerState());

    assertThat(again.layout()).isEqualTo(layout);
    assertThat(again.config()).isEqualTo(model.config());
    assertThat(again.variables().keySet()).isEqualTo(model.variables().keySet());
    model
        .variables()
        .forEach(
            (path, tensor) ->
                assertThat(Golden.get(again.variables(), path).hasSameBytes(tensor)).isTrue());
    assertThat(again.optimizerVariables().keySet())
        .containsExactlyElementsOf(model.optimizerVariables().keySet());
    model
        .optimizerVariables()
        .forEach(
            (path, tensor) ->
                assertThat(Golden.get(again.optimizerVariables(), path).hasSameBytes(tensor))
                    .isTrue());
  }

  @Test
  void the_state_of_random_generators_stays() throws IOException {
    KerasModel model = model(Golden.named("dense"), KerasLayout.ARCHIVE);
    Map<String, Tensor> variables = new LinkedHashMap<>(model.variables());
    Tensor seed = Tensor.ofLongs(new long[] {1, 2}, 2);
    variables.put("layers/dropout/seed_generator/vars/0", seed);
    ModelMapping mapping = ModelMapping.of(model.withVariables(variables, Map.of()), "model");

    KerasModel again = mapping.with(mapping.stateDict(), Optional.empty());

    assertThat(again.variables()).containsEntry("layers/dropout/seed_generator/vars/0", seed);
    assertThat(again.optimizerVariables()).isEmpty();
    assertThat(mapping.optimizerState()).isEmpty();
  }

  @Test
  void weights_without_a_configuration_are_refused() {
    KerasModel model = KerasModel.of(KerasLayout.WEIGHTS, Map.of());

    assertThatThrownBy(() -> ModelMapping.of(model, "w.weights.h5"))
        .isInstanceOf(UnsupportedFeatureException.class)
        .hasMessage(
            "w.weights.h5: a Keras weights file does not say which layers the model has; take the configuration of a .keras file or of model.to_json()");
  }

  @Test
  void an_optimizers_state_needs_an_optimizer() throws IOException {
    KerasModel model =
        model(Golden.named("dense"), KerasLayout.ARCHIVE)
            .withConfig(json("{'class_name': 'Sequential', 'config': {'name': 'm', 'layers': []}}"))
            .withVariables(Map.of(), Map.of());
    ModelMapping mapping = ModelMapping.of(model, "model");

    assertThatThrownBy(
            () ->
                mapping.with(
                    StateDict.empty(),
                    Optional.of(new OptimizerState(0, OptionalDouble.empty(), StateDict.empty()))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the state of an optimizer, and the model's files have no optimizer");
  }
}
