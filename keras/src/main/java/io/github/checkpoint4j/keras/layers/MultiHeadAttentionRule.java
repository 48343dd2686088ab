package io.github.checkpoint4j.keras.layers;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import java.util.ArrayList;
import java.util.List;

/** {@code MultiHeadAttention}: in PyTorch's terms four {@code Linear}s over all heads. */
final class MultiHeadAttentionRule implements LayerRule {
  @Override
  public List<LayerVariable> variables(LayerConfig layer)
      throws CorruptFileException, UnsupportedFeatureException {
    LayerOptions options = layer.options();
    List<Long> output = options.integers("output_shape");
    if (options.bool("use_gate", false) || output.size() > 1) {
      throw LayerRule.refusal(
          layer,
          "attention with a gate, or with an output of several dimensions, has no counterpart in"
              + " PyTorch");
    }
    long heads = options.positive("num_heads");
    long keySize = options.positive("key_dim");
    long valueSize =
        options.find("value_dim").isPresent() ? options.positive("value_dim") : keySize;
    List<LayerVariable> variables = new ArrayList<>();
    variables.addAll(projection(layer, "query", heads, keySize));
    variables.addAll(projection(layer, "key", heads, keySize));
    variables.addAll(projection(layer, "value", heads, valueSize));
    variables.addAll(
        combination(layer, heads, valueSize, output.isEmpty() ? Shape.ANY : output.getFirst()));
    return variables;
  }

  /** From the input to all heads. */
  private static List<LayerVariable> projection(
      LayerConfig layer, String name, long heads, long size) throws CorruptFileException {
    long rows = Math.multiplyExact(heads, size);
    Shape kernel = Shape.of(Shape.ANY, heads, size);
    Shape bias = Shape.of(heads, size);
    Arrangement matrix =
        new Arrangement.Reshaped(kernel, Shape.of(Shape.ANY, rows))
            .then(Arrangement.Permuted.of(1, 0));
    Arrangement vector = new Arrangement.Reshaped(bias, Shape.of(rows));
    return OwnVariables.of(layer)
        .trained("kernel", kernel, new Single("weight", matrix))
        .trainedIf(layer.options().bool("use_bias", true), "bias", bias, new Single("bias", vector))
        .list()
        .stream()
        .map(variable -> variable.within(name + "_dense", name, name + "."))
        .toList();
  }

  /** From all heads to the output. */
  private static List<LayerVariable> combination(
      LayerConfig layer, long heads, long size, long output) throws CorruptFileException {
    Shape kernel = Shape.of(heads, size, output);
    Arrangement matrix =
        new Arrangement.Reshaped(kernel, Shape.of(Math.multiplyExact(heads, size), output))
            .then(Arrangement.Permuted.of(1, 0));
    return OwnVariables.of(layer)
        .trained("kernel", kernel, new Single("weight", matrix))
        .trainedIf(
            layer.options().bool("use_bias", true), "bias", Shape.of(output), Single.same("bias"))
        .list()
        .stream()
        .map(variable -> variable.within("output_dense", "attention_output", "output."))
        .toList();
  }
}
