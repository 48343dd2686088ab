package io.github.checkpoint4j.keras.layers;

import io.github.checkpoint4j.format.CorruptFileException;
import java.util.Collections;
import java.util.List;

/**
 * {@code SeparableConv1D} and {@code SeparableConv2D}: in PyTorch two convolutions, the first in
 * groups, the second of kernels of size 1.
 *
 * @param rank how many dimensions the kernel slides along
 */
record SeparableConvolutionRule(int rank) implements LayerRule {
  @Override
  public List<LayerVariable> variables(LayerConfig layer) throws CorruptFileException {
    long filters = layer.options().positive("filters");
    return OwnVariables.of(layer)
        .trained(
            "depthwise_kernel",
            DepthwiseConvolutionRule.kernel(layer, rank),
            new Single("depthwise.weight", DepthwiseConvolutionRule.perChannel(layer, rank)))
        .trained(
            "pointwise_kernel",
            Shape.of(Collections.nCopies(rank, 1L), Shape.ANY, filters),
            new Single("pointwise.weight", ConvolutionRule.channelsFirst(rank)))
        .trainedIf(
            layer.options().bool("use_bias", true),
            "bias",
            Shape.of(filters),
            Single.same("pointwise.bias"))
        .list();
  }
}
