package io.github.checkpoint4j.keras.layers;

import io.github.checkpoint4j.format.Json;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;

/** Configurations for tests, written with single quotes. */
final class Layers {
  private Layers() {}

  static Json.Obj json(String text) throws IOException {
    byte[] utf8 = text.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    return (Json.Obj) Json.parse(MemorySegment.ofArray(utf8), "a test");
  }

  /** A sequential model of layers, each an object. */
  static ModelConfig sequential(String... layers) throws IOException {
    return ModelConfig.parse(
        json(
            "{'class_name': 'Sequential', 'config': {'name': 'model', 'layers': ["
                + String.join(", ", layers)
                + "]}}"),
        "model.keras");
  }

  /** A layer of Keras 3 with these options, which begin with a comma if there are any. */
  static String layer(String className, String name, String options) {
    return "{'module': 'keras.layers', 'class_name': '%s', 'registered_name': null, 'config': {'name': '%s'%s}}"
        .formatted(className, name, options);
  }

  static String dense(String name, int units) {
    return layer("Dense", name, ", 'units': " + units);
  }

  /** A functional model of layers, each an object, from and to one tensor. */
  static ModelConfig functional(String output, String... layers) throws IOException {
    return ModelConfig.parse(
        json(
            "{'class_name': 'Functional', 'config': {'name': 'model', 'layers': ["
                + String.join(", ", layers)
                + "], 'input_layers': ['in', 0, 0], 'output_layers': "
                + output
                + "}}"),
        "model.keras");
  }

  /** An input, as layer of a functional model. */
  static String input(String name) {
    return "{'module': 'keras.layers', 'class_name': 'InputLayer', 'name': '%s', 'config': {'name': '%s'}, 'inbound_nodes': []}"
        .formatted(name, name);
  }

  /** A layer of a functional model, called so. */
  static String called(String className, String name, String inboundNodes) {
    return "{'module': 'keras.layers', 'class_name': '%s', 'name': '%s', 'config': {'name': '%s', 'units': 2}, 'inbound_nodes': %s}"
        .formatted(className, name, name, inboundNodes);
  }

  /** An output of a layer, as argument of a call of Keras 3. */
  static String output(String layer, int call) {
    return "{'class_name': '__keras_tensor__', 'config': {'keras_history': ['%s', %d, 0]}}"
        .formatted(layer, call);
  }
}
