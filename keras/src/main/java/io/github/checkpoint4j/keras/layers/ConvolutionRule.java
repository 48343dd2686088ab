package io.github.checkpoint4j.keras.layers;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code Conv1D} to {@code Conv3D} and their transposes: in PyTorch the kernel's last two
 * dimensions come first, in the other order.
 *
 * @param rank how many dimensions the kernel slides along
 * @param transposed whether it is the transpose of a convolution
 */
record ConvolutionRule(int rank, boolean transposed) implements LayerRule {
  @Override
  public List<LayerVariable> variables(LayerConfig layer)
      throws CorruptFileException, UnsupportedFeatureException {
    LayerOptions options = layer.options();
    if (transposed && options.find("groups").isPresent() && options.positive("groups") != 1) {
      throw LayerRule.refusal(
          layer, "a transposed convolution in groups has no counterpart here; only groups=1 has");
    }
    long filters = options.positive("filters");
    List<Long> size = options.perDimension("kernel_size", rank);
    Shape kernel =
        transposed ? Shape.of(size, filters, Shape.ANY) : Shape.of(size, Shape.ANY, filters);
    return OwnVariables.of(layer)
        .trained("kernel", kernel, new Single("weight", channelsFirst(rank)))
        .trainedIf(options.bool("use_bias", true), "bias", Shape.of(filters), Single.same("bias"))
        .list();
  }

  /** The last dimension, the one before it, and then those along which the kernel slides. */
  static Arrangement channelsFirst(int rank) {
    List<Integer> order = new ArrayList<>(List.of(rank + 1, rank));
    for (int i = 0; i < rank; i++) {
      order.add(i);
    }
    return new Arrangement.Permuted(order);
  }
}
