package io.github.checkpoint4j.keras.network;

import io.github.checkpoint4j.format.UnsupportedFeatureException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** A model, which is a layer of the network or the whole of it. */
abstract class NestedModel extends Layer {
  private final List<Layer> layers = new ArrayList<>();

  NestedModel(LayerSpec spec) {
    super(spec);
  }

  /** The names of the inputs, in the order of the model's arguments. */
  abstract List<String> inputs();

  /** The names of the outputs, in order. */
  abstract List<String> outputs();

  @Override
  final Stream<Layer> inner() {
    return layers.stream();
  }

  /** Adds a layer under its name; the model keeps it reachable, without which it would be freed. */
  final <T extends Layer> T add(T layer) throws UnsupportedFeatureException {
    String name = layer.spec().name();
    if (name.isEmpty() || name.contains(".")) {
      throw layer
          .spec()
          .unsupported("PyTorch needs names that are not empty and have no dot; rename the layer");
    }
    layers.add(layer);
    register_module(name, layer.module());
    return layer;
  }
}
