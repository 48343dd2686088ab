package io.github.checkpoint4j.keras.layers;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import java.util.List;

/**
 * {@code TimeDistributed}: its tensors in PyTorch are those of the layer in it, by its own name.
 */
final class TimeDistributedRule implements LayerRule {
  @Override
  public List<LayerVariable> variables(LayerConfig layer)
      throws CorruptFileException, UnsupportedFeatureException {
    LayerConfig inner = layer.wrapped("layer");
    return LayerRules.variables(inner).stream()
        .map(variable -> variable.within("layer", inner.name(), ""))
        .toList();
  }
}
