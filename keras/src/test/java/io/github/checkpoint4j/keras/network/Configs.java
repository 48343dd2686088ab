package io.github.checkpoint4j.keras.network;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.keras.layers.ModelConfig;
import io.github.checkpoint4j.torch.NativeTensors;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/** Configurations of models for tests, in short. */
final class Configs {
  private Configs() {}

  /** JSON with ' in place of ". */
  static Json.Obj json(String text) throws IOException {
    byte[] utf8 = text.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    return (Json.Obj) Json.parse(MemorySegment.ofArray(utf8), "config.json");
  }

  /** A layer named {@code layer} that was built on inputs of a shape, such as {@code null, 3}. */
  static String layer(String className, String options, String inputShape) {
    return layer("layer", className, options, inputShape);
  }

  static String layer(String name, String className, String options, String inputShape) {
    return ("{'module': 'keras.layers', 'class_name': '%s', 'config': {'name': '%s'%s},"
            + " 'registered_name': null, 'build_config': {'input_shape': [%s]}}")
        .formatted(className, name, options.isEmpty() ? "" : ", " + options, inputShape);
  }

  /** A dense layer without an activation. */
  static String dense(String name, long inputs, long units) {
    return layer(
        name,
        "Dense",
        "'units': %d, 'use_bias': true, 'kernel_initializer': %s"
            .formatted(units, initializer("GlorotUniform", "")),
        "null, " + inputs);
  }

  static String initializer(String className, String options) {
    return "{'module': 'keras.initializers', 'class_name': '%s', 'config': {%s}}"
        .formatted(className, options);
  }

  /** A Sequential of layers that takes what its first was built on. */
  static ModelConfig sequential(String... layers) throws IOException {
    List<String> all = new ArrayList<>();
    all.add("{'module': 'keras.layers', 'class_name': 'InputLayer', 'config': {'name': 'x'}}");
    all.addAll(List.of(layers));
    return ModelConfig.parse(
        json(
            "{'module': 'keras', 'class_name': 'Sequential', 'config': {'name': 'model', 'layers':"
                + " [%s]}}".formatted(String.join(", ", all))),
        "config.json");
  }

  /** A tensor of these numbers. */
  static Tensor tensor(float[] values, long... shape) {
    return NativeTensors.copyOf(io.github.checkpoint4j.state.Tensor.ofFloats(values, shape));
  }

  /** A tensor of 1s. */
  static Tensor ones(long... shape) {
    return org.bytedeco.pytorch.global.torch.ones(shape);
  }
}
