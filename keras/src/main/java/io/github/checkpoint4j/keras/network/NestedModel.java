package io.github.checkpoint4j.keras.network;

import io.github.checkpoint4j.format.UnsupportedFeatureException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Module;

/** A model, which is a layer of the network or the whole of it. */
abstract class NestedModel extends Layer {
  private final List<Layer> layers = new ArrayList<>();
  private final Map<String, Module> modules = new HashMap<>();

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

  /**
   * Adds a layer under its name; the model keeps it reachable, without which it would be freed.
   * Names have dots between modules in PyTorch: one with a dot is that of a module in a module.
   */
  final <T extends Layer> T add(T layer) throws UnsupportedFeatureException {
    String name = layer.spec().name();
    int dot = name.lastIndexOf('.');
    Module parent = dot < 0 ? this : within(name.substring(0, dot));
    if (name.substring(dot + 1).isEmpty() || modules.putIfAbsent(name, layer.module()) != null) {
      throw layer
          .spec()
          .unsupported("PyTorch has no module of this name beside the others; rename the layer");
    }
    parent.register_module(name.substring(dot + 1), layer.module());
    layers.add(layer);
    return layer;
  }

  private Module within(String path) {
    Module known = modules.get(path);
    if (known != null) {
      return known;
    }
    int dot = path.lastIndexOf('.');
    Module parent = dot < 0 ? this : within(path.substring(0, dot));
    String name = path.substring(dot + 1);
    Module made = parent.register_module(name, new Module(name).retainReference());
    modules.put(path, made);
    return made;
  }
}
