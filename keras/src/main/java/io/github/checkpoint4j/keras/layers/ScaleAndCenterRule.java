package io.github.checkpoint4j.keras.layers;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import java.util.Collections;
import java.util.List;

/** {@code LayerNormalization} and {@code GroupNormalization}. */
final class ScaleAndCenterRule implements LayerRule {
  @Override
  public List<LayerVariable> variables(LayerConfig layer)
      throws CorruptFileException, UnsupportedFeatureException {
    LayerOptions options = layer.options();
    if (options.bool("rms_scaling", false)) {
      throw LayerRule.refusal(
          layer,
          "rms_scaling=True has no counterpart in PyTorch's LayerNorm; use RMSNormalization");
    }
    Shape shape = new Shape(Collections.nCopies(axes(options), Shape.ANY));
    return OwnVariables.of(layer)
        .trainedIf(options.bool("scale", true), "gamma", shape, Single.same("weight"))
        .trainedIf(options.bool("center", true), "beta", shape, Single.same("bias"))
        .list();
  }

  /** How many dimensions are normalized: one, if not said. */
  static int axes(LayerOptions options) throws CorruptFileException {
    return Math.max(1, options.integers("axis").size());
  }
}
