package io.github.checkpoint4j.keras.layers;

import io.github.checkpoint4j.format.CorruptFileException;
import java.util.List;

/** {@code Dense} is PyTorch's {@code Linear}, whose matrix is transposed. */
final class DenseRule implements LayerRule {
  @Override
  public List<LayerVariable> variables(LayerConfig layer) throws CorruptFileException {
    long units = layer.options().positive("units");
    return OwnVariables.of(layer)
        .trained("kernel", Shape.of(Shape.ANY, units), Single.transposed("weight"))
        .trainedIf(
            layer.options().bool("use_bias", true), "bias", Shape.of(units), Single.same("bias"))
        .list();
  }
}
