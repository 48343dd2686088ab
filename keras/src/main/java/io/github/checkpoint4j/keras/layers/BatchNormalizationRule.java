package io.github.checkpoint4j.keras.layers;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import java.util.List;

/** {@code BatchNormalization}. */
final class BatchNormalizationRule implements LayerRule {
  @Override
  public List<LayerVariable> variables(LayerConfig layer)
      throws CorruptFileException, UnsupportedFeatureException {
    LayerOptions options = layer.options();
    if (options.bool("renorm", false)) {
      throw LayerRule.refusal(
          layer, "batch renormalization (renorm=True) has no counterpart in PyTorch");
    }
    Shape channels = Shape.of(Shape.ANY);
    return OwnVariables.of(layer)
        .trainedIf(options.bool("scale", true), "gamma", channels, Single.same("weight"))
        .trainedIf(options.bool("center", true), "beta", channels, Single.same("bias"))
        .fixed("moving_mean", channels, Single.same("running_mean"))
        .fixed(
            "moving_variance", channels, new CountedVariance("running_var", "num_batches_tracked"))
        .list();
  }
}
