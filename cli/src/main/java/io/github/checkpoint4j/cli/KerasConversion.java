package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import io.github.checkpoint4j.keras.KerasLayout;
import io.github.checkpoint4j.keras.KerasModel;
import io.github.checkpoint4j.keras.layers.LayerConfig;
import io.github.checkpoint4j.keras.layers.ModelConfig;
import io.github.checkpoint4j.keras.layers.ModelMapping;
import io.github.checkpoint4j.state.StateDict;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A Keras model in PyTorch's terms and back. What PyTorch's file does not hold, the model's
 * configuration, goes along as a text: in the metadata of a safetensors file, in a directory as a
 * file of its own.
 */
final class KerasConversion {
  /** The metadata that has the configuration, and the version of Keras that wrote it. */
  static final String CONFIG = "keras_config";

  static final String VERSION = "keras_version";

  /** The configuration beside the weights in a directory. */
  static final String FILE = "keras_config.json";

  private KerasConversion() {}

  /** What goes along with the tensors. */
  static Map<String, String> metadata(KerasModel model) {
    Map<String, String> texts = new LinkedHashMap<>();
    model.config().ifPresent(config -> texts.put(CONFIG, config.toText()));
    model.kerasVersion().ifPresent(version -> texts.put(VERSION, version));
    return texts;
  }

  /**
   * The weights by PyTorch's names.
   *
   * @param metadata what tells the configuration
   * @throws RefusedException if nothing does
   * @throws UnsupportedFeatureException if a layer has no counterpart in PyTorch
   */
  static StateDict toPyTorch(KerasModel model, Map<String, String> metadata, String source)
      throws CorruptFileException, UnsupportedFeatureException {
    KerasModel weights =
        model.withConfig(config(metadata, source)).withVariables(model.variables(), Map.of());
    return ModelMapping.of(weights, source).stateDict();
  }

  /**
   * The model of tensors by PyTorch's names.
   *
   * @param metadata what tells the configuration
   * @param layout an archive, weights, or a legacy model
   * @param dateSaved as Keras writes it
   * @throws RefusedException if nothing does
   */
  static KerasModel toKeras(
      StateDict state,
      Map<String, String> metadata,
      KerasLayout layout,
      String source,
      String dateSaved)
      throws CorruptFileException, UnsupportedFeatureException {
    Json.Obj config = config(metadata, source);
    if (layout == KerasLayout.ARCHIVE && config.find("module").isEmpty()) {
      // Keras finds a class by its module, which configurations did not tell before Keras 3.
      throw new RefusedException(
          source
              + " has the configuration of a legacy file, which Keras cannot make a model of in a"
              + " .keras archive; write .h5 or .weights.h5, or give the model as Keras 3 saved it"
              + " with --config");
    }
    Map<String, String> names = new LinkedHashMap<>();
    if (layout.isLegacy()) {
      for (LayerConfig layer : ModelConfig.parse(config, source).savedLayers()) {
        names.put("model_weights/" + layer.name(), layer.name());
      }
    }
    KerasModel empty =
        new KerasModel(
            layout,
            Optional.ofNullable(metadata.get(VERSION)),
            layout.isLegacy() ? Optional.of("tensorflow") : Optional.empty(),
            Optional.of(dateSaved),
            Optional.of(config),
            Optional.empty(),
            names,
            Map.of(),
            Map.of(),
            Map.of());
    return ModelMapping.of(empty, source).with(state, Optional.empty());
  }

  private static Json.Obj config(Map<String, String> metadata, String source)
      throws CorruptFileException {
    String text = metadata.get(CONFIG);
    if (text == null) {
      throw new RefusedException(
          source
              + " does not tell the layers of the Keras model; give a file that does with --config:"
              + " a .keras or .h5 file, or config.json");
    }
    return parse(MemorySegment.ofArray(text.getBytes(StandardCharsets.UTF_8)), source);
  }

  /** A configuration. */
  static Json.Obj parse(MemorySegment text, String source) throws CorruptFileException {
    if (Json.parsePython(text, source) instanceof Json.Obj object) {
      return object;
    }
    throw new CorruptFileException(
        source + ": the configuration of a Keras model should be a JSON object; use another file");
  }
}
