package io.github.checkpoint4j.keras.layers;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import java.util.List;

/**
 * A graph of layers: each is called on the outputs of others.
 *
 * @param name the model's name
 * @param layers the layers and operations, in the order of the configuration
 * @param inputs the model's inputs: one output of an {@code InputLayer}, or a list or dict of them
 * @param outputs the model's outputs: one output, or a list or dict of them
 */
public record FunctionalConfig(
    String name, List<LayerConfig> layers, CallArgument inputs, CallArgument outputs)
    implements ModelConfig {

  public FunctionalConfig {
    layers = List.copyOf(layers);
  }

  /** Reads the member {@code config} of a {@code Functional}. */
  static FunctionalConfig parse(String name, Json config, String where)
      throws CorruptFileException, UnsupportedFeatureException {
    LayerOptions options = new LayerOptions(where, config);
    Json.Arr array = options.array("layers");
    List<LayerConfig> layers = ModelConfig.parseLayers(array, where);
    CallParser calls = new CallParser(layers, where);
    return new FunctionalConfig(
        name,
        calls.withCalls(array),
        calls.outputs(options.get("input_layers")),
        calls.outputs(options.get("output_layers")));
  }

  @Override
  public List<LayerConfig> savedLayers() {
    return layers.stream().filter(layer -> !layer.isOperation()).toList();
  }
}
