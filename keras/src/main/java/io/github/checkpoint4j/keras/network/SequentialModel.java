package io.github.checkpoint4j.keras.network;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import io.github.checkpoint4j.keras.layers.LayerConfig;
import io.github.checkpoint4j.keras.layers.SequentialConfig;
import java.util.List;

/** Layers one after the other. */
final class SequentialModel extends NestedModel {
  private final List<String> input;
  private final List<String> output;

  SequentialModel(LayerSpec spec, SequentialConfig config)
      throws CorruptFileException, UnsupportedFeatureException {
    super(spec);
    if (config.savedLayers().isEmpty()) {
      throw spec.unsupported("it is a model without layers");
    }
    for (LayerConfig layer : config.savedLayers()) {
      add(LayerClasses.build(spec.child(layer)));
    }
    input =
        List.of(config.layers().getFirst().isInput() ? config.layers().getFirst().name() : "input");
    output = List.of(config.layers().getLast().name());
  }

  @Override
  List<String> inputs() {
    return input;
  }

  @Override
  List<String> outputs() {
    return output;
  }

  @Override
  List<MaskedTensor> call(CallArguments arguments) {
    List<MaskedTensor> outputs = List.of();
    CallArguments next = arguments;
    for (Layer layer : inner().toList()) {
      outputs = layer.apply(next);
      next = CallArguments.of(outputs.getFirst());
    }
    return outputs;
  }
}
