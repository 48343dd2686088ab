package io.github.checkpoint4j.keras.layers;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The configuration of a model: what {@code config.json} of a {@code .keras} file says, or the
 * attribute {@code model_config} of a legacy {@code .h5} file, written by Keras 3, Keras 2 or
 * tf.keras.
 */
public sealed interface ModelConfig permits SequentialConfig, FunctionalConfig {
  /** The model's name. */
  String name();

  /** The layers, in the order of the configuration, the input layers and operations included. */
  List<LayerConfig> layers();

  /**
   * The layers that Keras counts as the model's, {@code model.layers}, and under which it saves
   * weights: operations such as {@code x + y} are not among them, nor is a {@code Sequential}'s
   * {@code InputLayer}.
   */
  List<LayerConfig> savedLayers();

  /**
   * Reads a configuration.
   *
   * @param config an object with the members {@code class_name} and {@code config}
   * @param source the file it is of, for messages
   * @throws CorruptFileException if it is not a configuration that Keras writes: a member is
   *     missing or of another kind, two layers have one name, or a call takes the output of a layer
   *     or of a call that is not there
   * @throws UnsupportedFeatureException if the model is neither {@code Sequential} nor {@code
   *     Functional}: a subclass is Python code, which is not run
   */
  static ModelConfig parse(Json.Obj config, String source)
      throws CorruptFileException, UnsupportedFeatureException {
    LayerConfig model = LayerConfig.parse(config, source + ": ");
    if (model.isCustom() || model.model().isEmpty()) {
      throw new UnsupportedFeatureException(
          source
              + ": the model is of class "
              + model.className()
              + ", not Sequential or Functional; what a subclass does is only in its Python code, "
              + "which is not run. Build the same layers as a Functional model in Python, copy the "
              + "weights with set_weights, and save that");
    }
    return model.model().get();
  }

  /** The layers of the array {@code layers}, which have names of their own. */
  static List<LayerConfig> parseLayers(Json.Arr layers, String where)
      throws CorruptFileException, UnsupportedFeatureException {
    List<LayerConfig> parsed = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (Json layer : layers.items()) {
      if (!(layer instanceof Json.Obj object)) {
        throw new CorruptFileException(
            where + "a layer should be an object and is " + layer.kind());
      }
      LayerConfig next = LayerConfig.parse(object, where);
      if (!names.add(next.name())) {
        throw new CorruptFileException(where + "two layers are named '" + next.name() + "'");
      }
      parsed.add(next);
    }
    return parsed;
  }
}
