package io.github.checkpoint4j.keras.layers;

import static io.github.checkpoint4j.keras.layers.Layers.called;
import static io.github.checkpoint4j.keras.layers.Layers.dense;
import static io.github.checkpoint4j.keras.layers.Layers.functional;
import static io.github.checkpoint4j.keras.layers.Layers.input;
import static io.github.checkpoint4j.keras.layers.Layers.json;
import static io.github.checkpoint4j.keras.layers.Layers.layer;
import static io.github.checkpoint4j.keras.layers.Layers.output;
import static io.github.checkpoint4j.keras.layers.Layers.sequential;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import io.github.checkpoint4j.keras.layers.CallArgument.Items;
import io.github.checkpoint4j.keras.layers.CallArgument.Output;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ModelConfigTest {
  private static final String WHERE = "model.keras: layer 'model' (Functional): ";

  static List<Golden> models() {
    return Golden.all();
  }

  @ParameterizedTest
  @MethodSource("models")
  void a_configuration_says_the_same_in_a_keras_file_and_in_a_legacy_file(Golden model)
      throws IOException {
    ModelConfig config = model.config();
    ModelConfig legacy = model.legacyConfig();

    assertThat(legacy.name()).isEqualTo(config.name());
    assertThat(named(legacy)).isEqualTo(named(config)).isNotEmpty();
    if (config instanceof FunctionalConfig functional) {
      assertThat(((FunctionalConfig) legacy).outputs()).isEqualTo(functional.outputs());
      assertThat(legacy.layers().stream().map(LayerConfig::calls))
          .isEqualTo(config.layers().stream().map(LayerConfig::calls).toList());
    }
  }

  private static List<String> named(ModelConfig model) {
    return model.layers().stream().map(layer -> layer.className() + " " + layer.name()).toList();
  }

  @Test
  void a_layers_calls_are_read_with_their_arguments() throws IOException {
    FunctionalConfig model = (FunctionalConfig) Golden.named("functional").config();

    assertThat(byName(model, "shared").calls())
        .extracting(call -> call.args().getFirst())
        .containsExactly(new Output("left", 0, 0), new Output("right", 0, 0));
    assertThat(byName(model, "both").calls().getFirst().args())
        .containsExactly(
            new Items(
                List.of(
                    new Output("shared", 0, 0),
                    new Output("shared", 1, 0),
                    new Output("dense", 0, 0))));
    assertThat(byName(model, "multiply").calls().getFirst().args())
        .contains(new CallArgument.Constant(Json.of(0.5)));
    assertThat(model.inputs())
        .isEqualTo(new Items(List.of(new Output("left", 0, 0), new Output("right", 0, 0))));
    assertThat(model.outputs()).isEqualTo(new Items(List.of(new Output("head", 0, 0))));
  }

  @Test
  void operations_and_a_sequentials_input_are_not_saved_layers() throws IOException {
    ModelConfig functional = Golden.named("functional").config();
    ModelConfig sequential = Golden.named("dense").config();

    assertThat(functional.savedLayers())
        .extracting(LayerConfig::className)
        .contains("InputLayer", "Dense")
        .doesNotContain("Multiply", "Add");
    assertThat(sequential.layers().getFirst().isInput()).isTrue();
    assertThat(sequential.savedLayers())
        .extracting(LayerConfig::className)
        .containsOnly("Dense")
        .hasSize(3);
  }

  @Test
  void a_models_own_call_is_not_counted_where_keras_counts_it() throws IOException {
    FunctionalConfig model = (FunctionalConfig) Golden.named("nested").config();
    FunctionalConfig middle = (FunctionalConfig) byName(model, "middle").model().orElseThrow();

    assertThat(byName(model, "add").calls().getFirst().args().getFirst())
        .isEqualTo(new Items(List.of(new Output("middle", 0, 0), new Output("middle", 1, 0))));
    assertThat(middle.outputs().allOutputs()).containsExactly(new Output("inner", 0, 0));
  }

  @Test
  void a_functional_models_output_that_is_a_models_is_its_first_call() throws IOException {
    FunctionalConfig model =
        (FunctionalConfig)
            functional(
                "[['inner', 1, 0], ['inner', 2, 0]]",
                input("in"),
                inner(
                    UnaryOperator.identity(),
                    "[{'args': ["
                        + output("in", 0)
                        + "], 'kwargs': {}}, "
                        + "{'args': ["
                        + output("in", 0)
                        + "], 'kwargs': {}}]"));

    assertThat(model.outputs().allOutputs())
        .containsExactly(new Output("inner", 0, 0), new Output("inner", 1, 0));
  }

  @Test
  void calls_of_keras_2_are_read() throws IOException {
    FunctionalConfig model =
        (FunctionalConfig)
            functional(
                "[['last', 0, 0]]",
                input("in"),
                inner(
                    text -> text.replace("'module': 'keras.layers', ", ""), "[[['in', 0, 0, {}]]]"),
                called("Add", "sum", "[[['inner', 1, 0, {}], ['in', 0, 0, {'training': false}]]]"),
                called("Attend", "last", "[[['sum', 0, 0, {'value': ['in', 0, 0]}]]]"));

    assertThat(byName(model, "inner").calls())
        .extracting(LayerCall::args)
        .containsExactly(List.of(new Output("in", 0, 0)));
    LayerCall sum = byName(model, "sum").calls().getFirst();
    assertThat(sum.args())
        .containsExactly(new Items(List.of(new Output("inner", 0, 0), new Output("in", 0, 0))));
    assertThat(sum.kwargs()).containsEntry("training", new CallArgument.Constant(Json.of(false)));
    assertThat(byName(model, "last").calls().getFirst().kwargs())
        .containsEntry("value", new Output("in", 0, 0));
  }

  private static String inner(UnaryOperator<String> change, String nodes) {
    return change.apply(
        "{'module': 'keras.src.models.functional', 'class_name': 'Functional', 'registered_name': 'Functional', 'name': 'inner', 'config': {'name': 'inner', 'layers': ["
            + input("given")
            + "], 'input_layers': ['given', 0, 0], 'output_layers': ['given', 0, 0]}, 'inbound_nodes': "
            + nodes
            + "}");
  }

  @Test
  void a_sequential_of_keras_2_2_2_is_a_list_of_layers() throws IOException {
    ModelConfig model =
        ModelConfig.parse(
            json("{'class_name': 'Sequential', 'config': [" + dense("a", 2) + "]}"), "old.h5");

    assertThat(model.layers()).extracting(LayerConfig::name).containsExactly("a");
  }

  @Test
  void inputs_and_outputs_may_be_dicts() throws IOException {
    FunctionalConfig model =
        (FunctionalConfig)
            functional("{'one': ['d', 0, 0]}", input("in"), called("Dense", "d", call("in", 0)));

    assertThat(model.outputs()).isInstanceOf(CallArgument.Fields.class);
    assertThat(model.outputs().allOutputs()).containsExactly(new Output("d", 0, 0));
  }

  @Test
  void a_layer_of_before_keras_3_has_no_module() throws IOException {
    LayerConfig layer =
        sequential("{'class_name': 'Dense', 'config': {'name': 'd', 'units': 3}}")
            .layers()
            .getFirst();

    assertThat(layer.module()).isEqualTo(Optional.empty());
    assertThat(layer.isCustom()).isFalse();
    assertThat(layer.isTrainable()).isTrue();
  }

  @Test
  void a_subclassed_model_is_refused() {
    assertThatThrownBy(
            () ->
                ModelConfig.parse(
                    json("{'module': null, 'class_name': 'Mine', 'config': {'size': 3}}"),
                    "m.keras"))
        .isInstanceOf(UnsupportedFeatureException.class)
        .hasMessage(
            "m.keras: the model is of class Mine, not Sequential or Functional; what a subclass does is only in its Python code, which is not run. Build the same layers as a Functional model in Python, copy the weights with set_weights, and save that");
  }

  @Test
  void a_subclass_of_functional_is_refused_too() {
    assertThatThrownBy(
            () ->
                ModelConfig.parse(
                    json(
                        "{'class_name': 'Functional', 'registered_name': 'My>Functional', 'config': {'layers': [], 'input_layers': [], 'output_layers': []}}"),
                    "m.keras"))
        .isInstanceOf(UnsupportedFeatureException.class)
        .hasMessageStartingWith("m.keras: the model is of class Functional, not Sequential");
  }

  @Test
  void a_configuration_without_a_class_is_corrupt() {
    assertThatThrownBy(() -> ModelConfig.parse(json("{'config': {}}"), "m.keras"))
        .isInstanceOf(CorruptFileException.class)
        .hasMessage("m.keras: its config has no 'class_name'");
  }

  @Test
  void a_layer_that_is_no_object_is_corrupt() {
    assertThatThrownBy(() -> sequential("3"))
        .isInstanceOf(CorruptFileException.class)
        .hasMessage(
            "model.keras: layer 'model' (Sequential): a layer should be an object and is the number 3");
  }

  @Test
  void two_layers_of_one_name_are_corrupt() {
    assertThatThrownBy(() -> sequential(dense("d", 2), dense("d", 3)))
        .isInstanceOf(CorruptFileException.class)
        .hasMessage("model.keras: layer 'model' (Sequential): two layers are named 'd'");
  }

  @Test
  void layers_that_are_no_array_are_corrupt() {
    assertThatThrownBy(
            () ->
                ModelConfig.parse(
                    json("{'class_name': 'Sequential', 'config': {'name': 'm', 'layers': 'none'}}"),
                    "m.keras"))
        .isInstanceOf(CorruptFileException.class)
        .hasMessage("m.keras: layer 'm' (Sequential): 'layers' should be an array and is a string");
  }

  @Test
  void a_config_that_is_no_object_is_corrupt() {
    assertThatThrownBy(() -> sequential("{'class_name': 'Dense', 'name': 'd', 'config': 3}"))
        .isInstanceOf(CorruptFileException.class)
        .hasMessage(
            "model.keras: layer 'model' (Sequential): layer 'd' (Dense): 'config' should be an object and is the number 3");
  }

  @Test
  void an_output_of_a_layer_that_is_not_there_is_corrupt() {
    assertCorrupt(
        "[['gone', 0, 0]]",
        "it takes an output of layer 'gone', which is not in the model",
        input("in"));
  }

  @Test
  void an_output_of_a_call_that_is_not_there_is_corrupt() {
    assertCorrupt(
        "[['d', 0, 0]]",
        "layer 'd' (Dense): it takes an output of call 4 of layer 'in', which is called 1 times",
        input("in"),
        called("Dense", "d", call("in", 4)));
  }

  @Test
  void an_output_that_is_none_is_corrupt() {
    assertCorrupt(
        "'d'", "an input or output should be [layer, call, output] and is a string", input("in"));
  }

  @Test
  void a_history_that_is_none_is_corrupt() {
    assertCorrupt(
        "[['d', 0, 0]]",
        "layer 'd' (Dense): an output of a layer should be [layer, call, output] and is [\"in\",0]",
        input("in"),
        called("Dense", "d", call("in", 0).replace("'in', 0, 0", "'in', 0")));
  }

  @Test
  void an_index_that_is_none_is_corrupt() {
    assertCorrupt("[['in', 0, -1]]", "a call or an output is counted as -1", input("in"));
    assertCorrupt("[['in', 0, 0.5]]", "a call or an output is counted as 0.5", input("in"));
  }

  @Test
  void an_inbound_node_of_keras_2_that_is_none_is_corrupt() {
    assertCorrupt(
        "[['d', 0, 0]]",
        "layer 'd' (Dense): an inbound node should be [layer, call, output, kwargs] and is an array",
        input("in"),
        called("Dense", "d", "[[['in', 0]]]"));
  }

  @Test
  void a_wrapper_without_a_layer_is_corrupt() {
    assertThatThrownBy(() -> WeightMapping.of(sequential(layer("TimeDistributed", "t", ""))))
        .isInstanceOf(CorruptFileException.class)
        .hasMessage(
            "model.keras: layer 'model' (Sequential): layer 't' (TimeDistributed): its config has no 'layer'");
  }

  private static String call(String layer, int call) {
    return "[{'args': [" + output(layer, call) + "], 'kwargs': {}}]";
  }

  private static LayerConfig byName(ModelConfig model, String name) {
    return model.layers().stream()
        .filter(layer -> layer.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private static void assertCorrupt(String outputs, String message, String... layers) {
    assertThatThrownBy(() -> functional(outputs, layers))
        .isInstanceOf(CorruptFileException.class)
        .hasMessage(WHERE + message);
  }
}
