package io.github.checkpoint4j.keras.layers;

import io.github.checkpoint4j.format.CorruptFileException;
import java.util.Collections;
import java.util.List;

/**
 * {@code Normalization}, which learns mean and variance of its input by {@code adapt}, unless it
 * was given them. PyTorch has no such module; the tensors keep Keras's names.
 */
final class FeatureNormalizationRule implements LayerRule {
  @Override
  public List<LayerVariable> variables(LayerConfig layer) throws CorruptFileException {
    LayerOptions options = layer.options();
    if (options.find("mean").isPresent()) {
      return List.of();
    }
    Shape shape = new Shape(Collections.nCopies(options.integers("axis").size(), Shape.ANY));
    return OwnVariables.of(layer)
        .fixed("mean", shape, Single.same("mean"))
        .fixed("variance", shape, Single.same("variance"))
        .fixed("count", Shape.of(), Single.same("count"))
        .list();
  }
}
