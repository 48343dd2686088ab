package io.github.checkpoint4j.keras.layers;

import io.github.checkpoint4j.format.CorruptFileException;
import java.util.Collections;
import java.util.List;

/** {@code RMSNormalization}. */
final class RmsNormalizationRule implements LayerRule {
  @Override
  public List<LayerVariable> variables(LayerConfig layer) throws CorruptFileException {
    int axes = ScaleAndCenterRule.axes(layer.options());
    Shape shape = new Shape(Collections.nCopies(axes, Shape.ANY));
    return OwnVariables.of(layer).trained("scale", shape, Single.same("weight")).list();
  }
}
