package io.github.checkpoint4j.keras.layers;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import java.util.List;

/**
 * Layers one after the other.
 *
 * @param name the model's name
 * @param layers the layers, in order; the first may be an {@code InputLayer}
 */
public record SequentialConfig(String name, List<LayerConfig> layers) implements ModelConfig {
  public SequentialConfig {
    layers = List.copyOf(layers);
  }

  /** Reads the member {@code config} of a {@code Sequential}: until Keras 2.2.2 just the layers. */
  static SequentialConfig parse(String name, Json config, String where)
      throws CorruptFileException, UnsupportedFeatureException {
    Json.Arr layers =
        config instanceof Json.Arr old ? old : new LayerOptions(where, config).array("layers");
    return new SequentialConfig(name, ModelConfig.parseLayers(layers, where));
  }

  @Override
  public List<LayerConfig> savedLayers() {
    return layers.isEmpty() || !layers.getFirst().isInput()
        ? layers
        : layers.subList(1, layers.size());
  }
}
