package io.github.checkpoint4j.keras.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import io.github.checkpoint4j.keras.layers.ModelConfig;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Layers and options without a counterpart, and configurations that are none. */
class UnsupportedTest {
  private static final String WHERE = "config.json: layer 'model' (Sequential): layer 'layer' ";

  private static void assertRefused(ModelConfig config, String message) {
    assertThatThrownBy(() -> KerasNetwork.of(config))
        .isInstanceOf(UnsupportedFeatureException.class)
        .hasMessage(WHERE + message);
  }

  private static void assertCorrupt(ModelConfig config, String message) {
    assertThatThrownBy(() -> KerasNetwork.of(config))
        .isInstanceOf(CorruptFileException.class)
        .hasMessage(WHERE + message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "Lambda | '' : 0 | it is code of the file, which is not run; put a layer of Keras in its place",
        "ConvLSTM2D | 'filters': 2 | this class of layer is not supported; put others in its place, or leave it out",
        "Dense | 'units': 2, 'activation': 'sparsemax' | it has activation 'sparsemax', which is not supported; there are celu, elu, exponential, gelu, glu, hard_shrink, hard_sigmoid, hard_silu, hard_swish, hard_tanh, leaky_relu, linear, log_sigmoid, log_softmax, mish, relu, relu6, selu, sigmoid, silu, soft_shrink, softmax, softplus, softsign, sparse_plus, squareplus, swish, tanh, tanh_shrink",
        "Dense | 'units': 2, 'dtype': 'float16' | it has dtype float16; only float32 is supported: convert the model in Keras",
        "Dense | 'units': 2, 'dtype': {'class_name': 'DTypePolicy', 'config': {'name': 'mixed_bfloat16'}} | it has dtype mixed_bfloat16; only float32 is supported: convert the model in Keras",
        "Dense | 'units': 2, 'quantization_config': {} | it has quantization_config {}, which is not supported; load the model before it was quantized",
        "Dense | 'units': 2, 'kernel_initializer': 'mine' | it has kernel_initializer \"\"mine\"\", which is not supported; give one of Keras's in Keras",
        "Dense | 'units': 2, 'kernel_regularizer': {'class_name': 'OrthogonalRegularizer', 'config': {}} | it has kernel_regularizer {\"\"class_name\"\":\"\"OrthogonalRegularizer\"\",\"\"config\"\":{}}, which is not supported; there are L1, L2 and L1L2",
        "EinsumDense | 'equation': 'abc,cde->abde' | the equation 'abc,cde->abde' is not the product of the last axis by a matrix, with a bias of its own axis at most; only that is supported, for instance 'abc,cd->abd'",
        "GRU | 'units': 2, 'reset_after': false | it has reset_after False, for which PyTorch has no counterpart; train it with True",
        "LSTM | 'units': 2, 'stateful': true | it has stateful true, which is not supported; states are not kept between batches: set it to False",
        "BatchNormalization | 'axis': -1, 'renorm': true | it has renorm true, which is not supported; there is no batch renormalisation in PyTorch",
        "BatchNormalization | 'axis': -1, 'synchronized': true | it has synchronized true, which is not supported; there is one process here: set it to False",
        "LayerNormalization | 'axis': -1, 'rms_scaling': true | it has rms_scaling true, which is not supported; use RMSNormalization",
        "MultiHeadAttention | 'use_gate': true | it has use_gate true, which is not supported; PyTorch's attention has no gate",
        "MultiHeadAttention | 'sliding_window': 3 | it has sliding_window 3, which is not supported; give a mask of the window instead",
        "MultiHeadAttention | 'num_heads': 1, 'key_dim': 2 | neither a build_config nor a weight 'query.weight' tells its input's size; load the model's weights, or save it in Keras 3 after it was built",
        "Conv1D | 'kernel_size': 2, 'padding': 'full' | it has padding 'full'; there are valid, same and causal",
        "UpSampling2D | 'interpolation': 'bilinear', 'size': 2 | it has interpolation 'bilinear'; only nearest is supported",
        "Bidirectional | 'merge_mode': 'max', 'layer': {'class_name': 'LSTM', 'config': {'name': 'layer', 'units': 1}, 'build_config': {'input_shape': [null, 2, 3]}} | it has merge_mode 'max'; there are concat, sum, mul, ave and null",
        "Rescaling | 'scale': 'half', 'offset': 0 | it has scale \"\"half\"\"; only numbers, or a list of them, are supported",
      })
  void a_layer_or_an_option_without_a_counterpart_is_an_error_that_names_it(
      String className, String options, String message) throws IOException {
    assertRefused(
        Configs.sequential(Configs.layer(className, options, "null, 2, 3")),
        "(" + className + "): " + message.replace("\"\"", "\""));
  }

  @Test
  void a_class_of_the_models_author_is_an_error() throws IOException {
    String layer =
        Configs.layer("Mine", "", "null, 3")
            .replace("'registered_name': null", "'registered_name': 'my_package>Mine'");
    assertRefused(
        Configs.sequential(layer),
        "(Mine): its class is not Keras's, and code of a file is not run; replace it by layers of"
            + " Keras");
  }

  @Test
  void a_function_of_keras_that_is_not_known_is_an_error() throws IOException {
    String layer =
        Configs.layer("Einsum", "", "null, 3").replace("keras.layers", "keras.src.ops.numpy");
    assertRefused(
        Configs.sequential(layer),
        "(Einsum): this function of keras.ops is not supported in a graph; put a layer in its"
            + " place");
  }

  @Test
  void only_known_layers_go_both_ways() throws IOException {
    String inner =
        "'merge_mode': 'concat', 'layer': {'class_name': 'ConvLSTM1D', 'config': {'name': 'cell'}}";
    assertThatThrownBy(
            () ->
                KerasNetwork.of(
                    Configs.sequential(Configs.layer("Bidirectional", inner, "null, 2, 3"))))
        .isInstanceOf(UnsupportedFeatureException.class)
        .hasMessage(
            WHERE
                + "(Bidirectional): layer 'cell' (ConvLSTM1D): it is in a Bidirectional, where only"
                + " LSTM, GRU and SimpleRNN are supported");
  }

  @Test
  void attention_in_images_is_an_error() throws IOException {
    String layer =
        Configs.layer("MultiHeadAttention", "'num_heads': 1, 'key_dim': 2", "")
            .replace(
                "'input_shape': []",
                "'shapes_dict': {'query_shape': [null, 2, 2, 3], 'value_shape': [null, 2, 2, 3]}");
    assertRefused(
        Configs.sequential(layer),
        "(MultiHeadAttention): it attends in tensors of 4 axes; only [batch, steps, features] is"
            + " supported");
  }

  @Test
  void attention_with_outputs_of_several_axes_is_an_error() throws IOException {
    String layer =
        Configs.layer(
                "MultiHeadAttention", "'num_heads': 1, 'key_dim': 2, 'output_shape': [2, 3]", "")
            .replace(
                "'input_shape': []",
                "'shapes_dict': {'query_shape': [null, 2, 3], 'value_shape': [null, 2, 3]}");
    assertRefused(
        Configs.sequential(layer),
        "(MultiHeadAttention): it has an output_shape of several axes; only one is supported");
  }

  @Test
  void a_layer_that_was_not_built_is_an_error() throws IOException {
    String layer = Configs.layer("Dense", "'units': 2", "").replace("{'input_shape': []}", "null");
    assertRefused(
        Configs.sequential(layer),
        "(Dense): neither a build_config nor a weight 'weight' tells its input's size; load the"
            + " model's weights, or save it in Keras 3 after it was built");
  }

  @Test
  void weights_whose_shape_is_open_are_an_error() throws IOException {
    assertRefused(
        Configs.sequential(Configs.layer("Dense", "'units': 2", "null, null")),
        "(Dense): it is built on a shape whose axis -1 is not fixed, [-1, -1]; give it a size in"
            + " Keras");
  }

  @Test
  void weights_that_do_not_fit_into_memory_are_an_error() throws IOException {
    assertRefused(
        Configs.sequential(Configs.layer("Dense", "'units': 1000000000000000", "null, 3")),
        "(Dense): its kernel, of shape [1000000000000000, 3], does not fit into memory");
  }

  @Test
  void names_that_pytorch_cannot_have_beside_each_other_are_an_error() throws IOException {
    assertThatThrownBy(
            () ->
                KerasNetwork.of(
                    Configs.sequential(
                        Configs.layer("a.b", "Flatten", "", "null, 3"),
                        Configs.layer("a", "Flatten", "", "null, 3"))))
        .isInstanceOf(UnsupportedFeatureException.class)
        .hasMessage(
            "config.json: layer 'model' (Sequential): layer 'a' (Flatten): PyTorch has no module of"
                + " this name beside the others; rename the layer");
  }

  @Test
  void a_weight_of_too_few_axes_to_tell_a_size_is_an_error() throws IOException {
    String layer = Configs.layer("Dense", "'units': 2", "").replace("{'input_shape': []}", "null");
    var weights =
        io.github.checkpoint4j.state.StateDict.of(
            java.util.Map.of("layer.weight", io.github.checkpoint4j.state.Tensor.scalar(1)));
    assertThatThrownBy(() -> KerasNetwork.of(Configs.sequential(layer), weights))
        .isInstanceOf(CorruptFileException.class)
        .hasMessage(WHERE + "(Dense): its weight 'weight' is of shape []");
  }

  @Test
  void a_model_without_layers_is_an_error() throws IOException {
    assertThatThrownBy(() -> KerasNetwork.of(Configs.sequential()))
        .isInstanceOf(UnsupportedFeatureException.class)
        .hasMessage("model 'model': it is a model without layers");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "Dense | 'activation': null | no member 'units' in the object; it has [name, activation]",
        "Dense | 'units': 'two' | member 'units' should be a whole number and is a string",
        "Dense | 'units': -2 | its kernel would be of shape [-2, 3]; every size has to be above 0",
        "Conv1D | 'kernel_size': 'two' | member 'kernel_size' should be whole numbers and is a string",
        "Conv1D | 'kernel_size': [[2]] | a list should have whole numbers and has an array",
        "Conv1D | 'kernel_size': 2, 'strides': 0, 'padding': 'same' | sizes, strides and dilations of a window are [2], [0] and [1]; they have to be as many, and above 0",
        "Conv1D | 'kernel_size': 2, 'padding': 'same', 'groups': 2, 'filters': 4 | its 2 groups do not divide its 3 channels and 4 filters",
        "LayerNormalization | 'axis': 7, 'epsilon': 0.001, 'scale': true | axis 7 of a tensor of 3 axes",
        "ZeroPadding1D | 'padding': true | member 'padding' should be whole numbers and is true",
        "Dropout | 'rate': 1.5 | its rate is 1.5; expected a number from 0 to 1",
      })
  void an_option_that_is_missing_or_of_another_kind_is_an_error_that_names_the_layer(
      String className, String options, String message) throws IOException {
    assertCorrupt(
        Configs.sequential(Configs.layer(className, options, "null, 2, 3")),
        "(" + className + "): " + message);
  }

  @Test
  void calls_in_a_circle_are_an_error() throws IOException {
    String tensor = "{'class_name': '__keras_tensor__', 'config': {'keras_history': ['%s', 0, 0]}}";
    String layer =
        "{'module': 'keras.layers', 'class_name': 'ReLU', 'config': {'name': '%s'}, 'name': '%s',"
            + " 'inbound_nodes': [{'args': [%s], 'kwargs': {}}]}";
    ModelConfig config =
        ModelConfig.parse(
            Configs.json(
                ("{'class_name': 'Functional', 'config': {'name': 'model', 'layers': [%s, %s],"
                        + " 'input_layers': ['a', 0, 0], 'output_layers': ['b', 0, 0]}}")
                    .formatted(
                        layer.formatted("a", "a", tensor.formatted("b")),
                        layer.formatted("b", "b", tensor.formatted("a")))),
            "config.json");
    assertThatThrownBy(() -> KerasNetwork.of(config))
        .isInstanceOf(CorruptFileException.class)
        .hasMessage(
            "config.json: layer 'model' (Functional): layer 'a' (ReLU): it is called on outputs"
                + " that depend on its own, in a circle");
    assertThat(config.layers()).hasSize(2);
  }
}
