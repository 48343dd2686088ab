package io.github.checkpoint4j.keras.layers;

import io.github.checkpoint4j.format.CorruptFileException;
import java.util.List;

/**
 * {@code LSTM}, whose gates are input, forget, cell, output as in PyTorch, and {@code SimpleRNN}.
 *
 * @param cell the name of the layer's cell
 * @param gates how many gates it has
 */
record RecurrentRule(String cell, int gates) implements LayerRule {
  @Override
  public List<LayerVariable> variables(LayerConfig layer) throws CorruptFileException {
    long units = layer.options().positive("units");
    long rows = Math.multiplyExact(units, (long) gates);
    return OwnVariables.of(layer)
        .trained("kernel", Shape.of(Shape.ANY, rows), Single.transposed("weight_ih_l0"))
        .trained("recurrent_kernel", Shape.of(units, rows), Single.transposed("weight_hh_l0"))
        .trainedIf(
            layer.options().bool("use_bias", true),
            "bias",
            Shape.of(rows),
            new SummedBias("bias_ih_l0", "bias_hh_l0"))
        .list()
        .stream()
        .map(variable -> variable.within("cell", cell, ""))
        .toList();
  }
}
