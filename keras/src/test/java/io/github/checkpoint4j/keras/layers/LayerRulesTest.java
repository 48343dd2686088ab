package io.github.checkpoint4j.keras.layers;

import static io.github.checkpoint4j.keras.layers.Layers.dense;
import static io.github.checkpoint4j.keras.layers.Layers.layer;
import static io.github.checkpoint4j.keras.layers.Layers.sequential;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which variables a layer has, and which layers are refused. */
class LayerRulesTest {
  private static final String WHERE = "model.keras: layer 'model' (Sequential): ";

  @Test
  void layers_of_one_class_are_counted_in_their_groups() throws IOException {
    assertThat(paths(dense("a", 1), layer("Dropout", "d", ""), dense("b", 1), dense("c", 1)))
        .containsExactly(
            "layers/dense/vars/0",
            "layers/dense/vars/1",
            "layers/dense_1/vars/0",
            "layers/dense_1/vars/1",
            "layers/dense_2/vars/0",
            "layers/dense_2/vars/1");
  }

  @ParameterizedTest
  @CsvSource({
    "Dense, dense",
    "PReLU, p_re_lu",
    "LSTM, lstm",
    "Conv2DTranspose, conv2d_transpose",
    "GlobalAveragePooling1D, global_average_pooling1d",
    "RMSNormalization, rms_normalization",
    "MultiHeadAttention, multi_head_attention",
    "TFOpLambda, tf_op_lambda",
  })
  void groups_are_named_in_kerass_snake_case(String className, String group) {
    assertThat(ModelVariables.snakeCase(className)).isEqualTo(group);
  }

  @Test
  void the_backward_layer_that_is_not_in_the_configuration_is_like_the_forward_one()
      throws IOException {
    String lstm = layer("LSTM", "lstm", ", 'units': 2");
    List<LayerVariable> variables =
        WeightMapping.of(sequential(layer("Bidirectional", "both", ", 'layer': " + lstm)))
            .variables();

    assertThat(variables.get(3).path())
        .isEqualTo("layers/bidirectional/backward_layer/cell/vars/0");
    assertThat(variables.get(3).legacyName()).isEqualTo("both/backward_lstm/lstm_cell/kernel");
    assertThat(variables.get(3).counterpart().shapes(variables.get(3).shape()))
        .containsOnlyKeys("both.weight_ih_l0_reverse");
  }

  @Test
  void a_slope_of_a_file_before_keras_3_is_of_the_last_dimension() throws IOException {
    LayerVariable alpha =
        WeightMapping.of(sequential(layer("PReLU", "slope", ", 'shared_axes': [1, 2]")))
            .variables()
            .getFirst();

    assertThat(alpha.shape()).hasToString("[1, 1, ?]");
    assertThat(alpha.counterpart().shapes(alpha.shape())).hasToString("{slope.weight=[?]}");
  }

  @Test
  void an_operation_has_no_variables() throws IOException {
    String add =
        "{'module': 'keras.src.ops.numpy', 'class_name': 'Add', 'config': {'name': 'add'}}";

    assertThat(paths(add, dense("a", 1))).hasSize(2);
  }

  @Test
  void a_lambda_is_refused() {
    assertRefused(
        layer("Lambda", "odd", ", 'function': 'code'"),
        "layer 'odd' (Lambda): it is code of the model's author, which is not run; replace it by layers of Keras, or convert the model's weights in Python");
  }

  @Test
  void a_custom_layer_is_refused_by_its_registered_name() {
    assertRefused(
        "{'module': null, 'class_name': 'Mine', 'registered_name': 'My>Mine', 'config': {'name': 'm'}}",
        "layer 'm' (Mine): it is code of the model's author, which is not run; replace it by layers of Keras, or convert the model's weights in Python");
  }

  @Test
  void a_custom_layer_is_refused_by_its_module() {
    assertRefused(
        "{'module': 'mine.layers', 'class_name': 'Dense', 'registered_name': 'Dense', 'config': {'name': 'm'}}",
        "layer 'm' (Dense): it is code of the model's author, which is not run; replace it by layers of Keras, or convert the model's weights in Python");
  }

  @Test
  void a_layer_without_a_rule_is_refused() {
    assertRefused(
        layer("ConvLSTM2D", "film", ""),
        "layer 'film' (ConvLSTM2D): there is no rule for layers of this class; convert the model's weights in Python");
  }

  @Test
  void quantized_weights_are_refused() {
    assertRefused(
        layer("Dense", "d", ", 'dtype': {'class_name': 'QuantizedDTypePolicy', 'config': {}}"),
        "layer 'd' (Dense): its weights are quantized; save the model as it was before quantize()");
  }

  @Test
  void a_gru_that_resets_before_the_product_is_refused() {
    assertRefused(
        layer("GRU", "old", ", 'units': 2, 'reset_after': false"),
        "layer 'old' (GRU): a GRU with reset_after=False has no counterpart in PyTorch; train it with reset_after=True");
  }

  @Test
  void an_einsum_that_is_no_linear_is_refused() {
    assertRefused(
        layer("EinsumDense", "e", ", 'equation': 'abc,cde->abde', 'output_shape': [2, 3, 4]"),
        "layer 'e' (EinsumDense): the equation 'abc,cde->abde' with bias axes '' is no Linear of PyTorch; only products of the last dimension by a matrix are, such as 'abc,cd->abd'");
  }

  @Test
  void a_bias_along_more_than_the_last_dimension_is_refused() {
    assertRefused(
        layer("EinsumDense", "e", ", 'equation': 'abc,cd->abd', 'bias_axes': 'bd'"),
        "layer 'e' (EinsumDense): the equation 'abc,cd->abd' with bias axes 'bd' is no Linear of PyTorch; only products of the last dimension by a matrix are, such as 'abc,cd->abd'");
  }

  @Test
  void a_transposed_convolution_in_groups_is_refused() {
    assertRefused(
        layer("Conv2DTranspose", "c", ", 'groups': 2, 'filters': 4, 'kernel_size': [3, 3]"),
        "layer 'c' (Conv2DTranspose): a transposed convolution in groups has no counterpart here; only groups=1 has");
  }

  @Test
  void batch_renormalization_is_refused() {
    assertRefused(
        layer("BatchNormalization", "b", ", 'renorm': true"),
        "layer 'b' (BatchNormalization): batch renormalization (renorm=True) has no counterpart in PyTorch");
  }

  @Test
  void a_layer_normalization_by_the_root_mean_square_is_refused() {
    assertRefused(
        layer("LayerNormalization", "n", ", 'rms_scaling': true"),
        "layer 'n' (LayerNormalization): rms_scaling=True has no counterpart in PyTorch's LayerNorm; use RMSNormalization");
  }

  @Test
  void attention_with_a_gate_is_refused() {
    assertRefused(
        layer("MultiHeadAttention", "a", ", 'use_gate': true"),
        "layer 'a' (MultiHeadAttention): attention with a gate, or with an output of several dimensions, has no counterpart in PyTorch");
  }

  @Test
  void a_bidirectional_layer_of_another_kind_is_refused() {
    assertRefused(
        layer("Bidirectional", "b", ", 'layer': " + layer("RNN", "r", "")),
        "layer 'b' (Bidirectional): only two LSTM, GRU or SimpleRNN layers have a bidirectional counterpart in PyTorch, not RNN and RNN");
  }

  @Test
  void a_layer_within_two_models_is_refused() {
    String shared = dense("d", 2).replace("'Dense',", "'Dense', 'shared_object_id': 7,");

    assertThatThrownBy(
            () ->
                WeightMapping.of(
                    sequential(
                        shared, layer("Sequential", "inner", ", 'layers': [" + shared + "]"))))
        .isInstanceOf(UnsupportedFeatureException.class)
        .hasMessage(
            WHERE
                + "layer 'inner' (Sequential): layer 'd' (Dense): the layer is also in another model within this one, which is not supported; build it as a model of its own and call that in both");
  }

  @Test
  void two_tensors_of_one_name_are_refused() {
    assertRefusedAs(
        "model 'model': two tensors would be named 'a.b.weight'; rename a layer in Keras",
        dense("a.b", 2),
        layer("Sequential", "a", ", 'layers': [" + dense("b", 2) + "]"));
  }

  @Test
  void a_layer_without_what_tells_its_variables_is_corrupt() {
    assertCorrupt(layer("Dense", "d", ""), "layer 'd' (Dense): its config has no 'units'");
  }

  @ParameterizedTest
  @CsvSource({"'\"many\"', a string", "0, the number 0", "1.5, the number 1.5", "null, null"})
  void a_size_that_is_none_is_corrupt(String units, String kind) {
    assertCorrupt(
        layer("Dense", "d", ", 'units': " + units),
        kind.equals("null")
            ? "layer 'd' (Dense): its config has no 'units'"
            : "layer 'd' (Dense): 'units' should be a positive whole number and is " + kind);
  }

  @Test
  void a_flag_that_is_none_is_corrupt() {
    assertCorrupt(
        layer("Dense", "d", ", 'units': 2, 'use_bias': 1"),
        "layer 'd' (Dense): 'use_bias' should be true or false and is the number 1");
  }

  @Test
  void a_kernel_of_another_rank_is_corrupt() {
    assertCorrupt(
        layer("Conv2D", "c", ", 'filters': 2, 'kernel_size': [3]"),
        "layer 'c' (Conv2D): 'kernel_size' should be 2 numbers and is an array");
  }

  @Test
  void axes_that_are_no_numbers_are_corrupt() {
    assertCorrupt(
        layer("LayerNormalization", "n", ", 'axis': ['last']"),
        "layer 'n' (LayerNormalization): 'axis' should be whole numbers and is an array");
  }

  @Test
  void a_text_that_is_none_is_corrupt() {
    assertCorrupt(
        layer("EinsumDense", "e", ", 'equation': 3"),
        "layer 'e' (EinsumDense): 'equation' should be a string and is the number 3");
  }

  private static List<String> paths(String... layers) throws IOException {
    return WeightMapping.of(sequential(layers)).variables().stream()
        .map(LayerVariable::path)
        .toList();
  }

  private static void assertRefused(String layer, String message) {
    assertRefusedAs(WHERE + message, layer);
  }

  private static void assertRefusedAs(String message, String... layers) {
    assertThatThrownBy(() -> WeightMapping.of(sequential(layers)))
        .isInstanceOf(UnsupportedFeatureException.class)
        .hasMessage(message);
  }

  private static void assertCorrupt(String layer, String message) {
    assertThatThrownBy(() -> WeightMapping.of(sequential(layer)))
        .isInstanceOf(CorruptFileException.class)
        .hasMessage(WHERE + message);
  }
}
