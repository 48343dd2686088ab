package io.github.checkpoint4j.keras.layers;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import java.util.List;

/** {@code GRU} that resets after the product with the hidden state, as PyTorch's does. */
final class GruRule implements LayerRule {
  private static final int GATES = 3;
  private static final Arrangement GATE_ORDER = new Arrangement.FirstTwoExchanged(GATES);
  private static final Arrangement MATRIX = Arrangement.Permuted.of(1, 0).then(GATE_ORDER);

  @Override
  public List<LayerVariable> variables(LayerConfig layer)
      throws CorruptFileException, UnsupportedFeatureException {
    if (!layer.options().bool("reset_after", false)) {
      throw LayerRule.refusal(
          layer,
          "a GRU with reset_after=False has no counterpart in PyTorch; train it with"
              + " reset_after=True");
    }
    long units = layer.options().positive("units");
    long rows = Math.multiplyExact(units, (long) GATES);
    return OwnVariables.of(layer)
        .trained("kernel", Shape.of(Shape.ANY, rows), new Single("weight_ih_l0", MATRIX))
        .trained("recurrent_kernel", Shape.of(units, rows), new Single("weight_hh_l0", MATRIX))
        .trainedIf(
            layer.options().bool("use_bias", true),
            "bias",
            Shape.of(2, rows),
            new StackedBias("bias_ih_l0", "bias_hh_l0", GATE_ORDER))
        .list()
        .stream()
        .map(variable -> variable.within("cell", "gru_cell", ""))
        .toList();
  }
}
