package io.github.checkpoint4j.keras.layers;

import io.github.checkpoint4j.format.CorruptFileException;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code DepthwiseConv1D} and {@code DepthwiseConv2D} are PyTorch's convolution in as many groups
 * as there are input channels.
 *
 * @param rank how many dimensions the kernel slides along
 */
record DepthwiseConvolutionRule(int rank) implements LayerRule {
  @Override
  public List<LayerVariable> variables(LayerConfig layer) throws CorruptFileException {
    return OwnVariables.of(layer)
        .trained("kernel", kernel(layer, rank), new Single("weight", perChannel(layer, rank)))
        .trainedIf(
            layer.options().bool("use_bias", true),
            "bias",
            Shape.of(Shape.ANY),
            Single.same("bias"))
        .list();
  }

  /** {@code (kernel..., input channels, depth multiplier)}. */
  static Shape kernel(LayerConfig layer, int rank) throws CorruptFileException {
    LayerOptions options = layer.options();
    return Shape.of(
        options.perDimension("kernel_size", rank), Shape.ANY, options.positive("depth_multiplier"));
  }

  /** To {@code (input channels * depth multiplier, 1, kernel...)}. */
  static Arrangement perChannel(LayerConfig layer, int rank) throws CorruptFileException {
    List<Long> size = layer.options().perDimension("kernel_size", rank);
    List<Integer> order = new ArrayList<>(List.of(rank, rank + 1));
    for (int i = 0; i < rank; i++) {
      order.add(i);
    }
    return new Arrangement.Reshaped(kernel(layer, rank), Shape.of(size, Shape.ANY, 1))
        .then(new Arrangement.Permuted(order));
  }
}
