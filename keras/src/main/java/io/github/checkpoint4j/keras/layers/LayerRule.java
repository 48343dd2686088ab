package io.github.checkpoint4j.keras.layers;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import java.util.List;

/** Which variables the layers of a class have, by their configuration. */
@FunctionalInterface
interface LayerRule {
  /**
   * The variables in the order of {@code layer.weights}.
   *
   * @throws CorruptFileException if the configuration lacks what tells the variables
   * @throws UnsupportedFeatureException if PyTorch has nothing in place of a layer configured so
   */
  List<LayerVariable> variables(LayerConfig layer)
      throws CorruptFileException, UnsupportedFeatureException;

  /** The error for a layer that PyTorch has no counterpart of. */
  static UnsupportedFeatureException refusal(LayerConfig layer, String why) {
    return new UnsupportedFeatureException(layer.where() + why);
  }
}
