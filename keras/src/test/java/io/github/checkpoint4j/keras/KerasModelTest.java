package io.github.checkpoint4j.keras;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.state.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KerasModelTest {
  private static Map<String, Tensor> tensors(String... paths) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (String path : paths) {
      tensors.put(path, Tensor.scalar(1));
    }
    return tensors;
  }

  private static KerasModel model(
      KerasLayout layout, Json.Obj config, List<String> layers, String... variables) {
    Map<String, String> names = new LinkedHashMap<>();
    layers.forEach(layer -> names.put(layout.weightsPrefix() + layer, layer));
    return new KerasModel(
        layout,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.of(config),
        Optional.empty(),
        names,
        tensors(variables),
        Map.of(),
        Map.of());
  }

  private static Json.Obj layer(String className, String name) {
    return Json.object()
        .put("class_name", className)
        .put("config", Json.object().put("name", name).build())
        .build();
  }

  private static Json.Obj config(Json... layers) {
    return Json.object()
        .put("class_name", "Sequential")
        .put("config", Json.object().put("layers", Json.array(List.of(layers))).build())
        .build();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "layers/dense//vars/0   | not the path of a dataset: 'layers/dense//vars/0'",
        "/layers/vars/0         | not the path of a dataset: '/layers/vars/0'",
        "layers/../vars/0       | not the path of a dataset: 'layers/../vars/0'",
        "layers/./vars/0        | not the path of a dataset: 'layers/./vars/0'",
        "layers/dense/0         | 'layers/dense/0' should be a variable in a group 'vars'",
        "vars                   | 'vars' should be a variable in a group 'vars'",
        "vars/a/0               | 'vars/a/0' should be a variable in a group 'vars'",
        "optimizer/vars/0       | 'optimizer/vars/0' is a variable of the optimizer"
      })
  void a_variable_that_keras_would_not_find_is_refused(String path, String message) {
    Map<String, Tensor> variables = tensors(path);

    assertThatThrownBy(() -> KerasModel.of(KerasLayout.WEIGHTS, variables))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }

  @Test
  void paths_of_variables_are_taken_as_keras_has_them() {
    Map<String, Tensor> variables =
        tensors("vars/0", "layers/a/vars/0", "_layer_checkpoint_dependencies/a/vars/kernel");

    assertThat(KerasModel.of(KerasLayout.ARCHIVE, variables).variables()).hasSize(3);
  }

  @Test
  void a_variable_is_no_group_and_not_there_twice() {
    KerasModel model = KerasModel.of(KerasLayout.WEIGHTS, tensors("layers/a/vars/0"));
    Map<String, Tensor> nested = tensors("layers/a/vars/0", "layers/a/vars/0/vars/0");
    Map<String, Tensor> optimizer = tensors("optimizer/vars/0");

    assertThatThrownBy(() -> KerasModel.of(KerasLayout.WEIGHTS, nested))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("'layers/a/vars/0' cannot be a variable and the group of others");
    assertThatThrownBy(() -> model.withVariables(optimizer, optimizer))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("two variables 'optimizer/vars/0'");
  }

  @Test
  void the_optimizers_variables_are_under_its_group() {
    KerasModel model = KerasModel.of(KerasLayout.WEIGHTS, Map.of());
    Map<String, Tensor> elsewhere = tensors("layers/a/vars/0");
    Map<String, Tensor> outside = tensors("optimizer/0");

    for (Map<String, Tensor> wrong : List.of(elsewhere, outside)) {
      assertThatThrownBy(() -> model.withVariables(Map.of(), wrong))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "'"
                  + wrong.keySet().iterator().next()
                  + "' should be a variable of the optimizer, under 'optimizer/'");
    }
  }

  @Test
  void weights_of_a_legacy_model_are_in_the_group_of_a_layer() {
    Json.Obj none = Json.object().build();

    assertThat(
            model(
                    KerasLayout.LEGACY_MODEL,
                    none,
                    List.of("a"),
                    "model_weights/a/kernel",
                    "model_weights/top_level_model_weights/scale")
                .variables())
        .hasSize(2);
    assertThatThrownBy(
            () -> model(KerasLayout.LEGACY_MODEL, none, List.of("a"), "model_weights/ab/kernel"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("'model_weights/ab/kernel' is in the group of no named layer");
    assertThatThrownBy(
            () ->
                new KerasModel(
                    KerasLayout.LEGACY_MODEL,
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Map.of("a", "a"),
                    Map.of(),
                    Map.of(),
                    Map.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("'a' should be the group of a layer, under 'model_weights/'");
  }

  @Test
  void groups_of_layers_that_lie_in_each_other_are_refused() {
    assertThatThrownBy(
            () -> model(KerasLayout.LEGACY_WEIGHTS, Json.object().build(), List.of("a", "a/b")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the group of layer 'a/b' lies in that of layer 'a'");
  }

  @Test
  void maps_are_copied_and_keep_their_order() {
    Map<String, Tensor> variables = tensors("layers/b/vars/0", "layers/a/vars/0");

    KerasModel model = KerasModel.of(KerasLayout.WEIGHTS, variables);
    variables.clear();

    assertThat(model.variables().keySet()).containsExactly("layers/b/vars/0", "layers/a/vars/0");
    assertThatThrownBy(() -> model.variables().clear())
        .isInstanceOf(UnsupportedOperationException.class);
  }

  @Test
  void variables_and_layers_that_do_not_fit_are_told() {
    Json.Obj config = config(layer("Dense", "first"), layer("Dropout", "d"), layer("Dense", "b"));

    assertThat(
            model(KerasLayout.ARCHIVE, config, List.of(), "layers/dense/vars/0", "layers/x/vars/0")
                .mismatches())
        .containsExactly(
            "there are variables in 'layers/x', and the configuration has no such layer",
            "the configuration has a layer Dense with variables in 'layers/dense_1', and there are"
                + " none");
    assertThat(
            model(
                    KerasLayout.LEGACY_MODEL,
                    config,
                    List.of("first", "x"),
                    "model_weights/first/kernel",
                    "model_weights/x/kernel")
                .mismatches())
        .containsExactly(
            "there are variables in 'model_weights/x', and the configuration has no such layer",
            "the configuration has a layer Dense with variables in 'model_weights/b', and there are"
                + " none");
  }

  @Test
  void a_model_that_was_not_built_or_shares_layers_with_one_within_it_lacks_nothing() {
    Json.Obj dense = layer("Dense", "a");
    Json.Obj inner =
        Json.object()
            .put("class_name", "Functional")
            .put("config", config(dense).get("config"))
            .build();

    assertThat(model(KerasLayout.ARCHIVE, config(dense), List.of()).mismatches()).isEmpty();
    assertThat(
            model(
                    KerasLayout.ARCHIVE,
                    config(inner, dense),
                    List.of(),
                    "layers/functional/layers/dense/vars/0")
                .mismatches())
        .isEmpty();
  }

  @Test
  void layers_are_found_in_both_forms_of_a_configuration() {
    Json.Obj dense = layer("Dense", "a");
    List<Json> listed = new ArrayList<>(List.of(dense));
    Json.Obj old = Json.object().put("config", Json.array(listed)).build();

    assertThat(model(KerasLayout.ARCHIVE, config(dense), List.of()).layers())
        .containsExactly(dense);
    assertThat(model(KerasLayout.LEGACY_MODEL, old, List.of("a")).layers()).containsExactly(dense);
    assertThat(KerasModel.of(KerasLayout.WEIGHTS, Map.of()).layers()).isEmpty();
  }

  @Test
  void a_name_that_does_not_fit_into_an_attribute_is_refused() {
    String name = "n".repeat(64_513);
    KerasModel model = model(KerasLayout.LEGACY_WEIGHTS, Json.object().build(), List.of(name));

    assertThatThrownBy(() -> Keras.write(model))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a name of 64513 bytes in 'layer_names', at most 64512 can be");
  }
}
