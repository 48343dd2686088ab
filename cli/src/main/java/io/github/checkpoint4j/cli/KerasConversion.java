package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import io.github.checkpoint4j.keras.KerasLayout;
import io.github.checkpoint4j.keras.KerasModel;
import io.github.checkpoint4j.keras.layers.LayerConfig;
import io.github.checkpoint4j.keras.layers.ModelConfig;
import io.github.checkpoint4j.keras.layers.WeightMapping;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
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
    WeightMapping mapping = mapping(metadata, source);
    return model.layout().isLegacy()
        ? mapping.legacyToPyTorch(byLayer(model))
        : mapping.toPyTorch(model.variables());
  }

  private static Map<String, List<Tensor>> byLayer(KerasModel model) {
    Map<String, List<Tensor>> byLayer = new LinkedHashMap<>();
    model
        .names()
        .forEach(
            (group, layer) -> {
              List<Tensor> weights = new ArrayList<>();
              model
                  .variables()
                  .forEach(
                      (path, tensor) -> {
                        if (path.startsWith(group + "/")) {
                          weights.add(tensor);
                        }
                      });
              byLayer.put(layer, weights);
            });
    return byLayer;
  }

  /**
   * The model of tensors by PyTorch's names.
   *
   * @param metadata what tells the configuration
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
    WeightMapping mapping = mapping(metadata, source);
    if (layout == KerasLayout.ARCHIVE && config(metadata, source).find("module").isEmpty()) {
      // Keras finds a class by its module, which configurations did not tell before Keras 3.
      throw new RefusedException(
          source
              + " has the configuration of a legacy file, which Keras cannot make a model of in a"
              + " .keras archive; write .h5 or .weights.h5, or give the model as Keras 3 saved it"
              + " with --config");
    }
    Map<String, String> names = new LinkedHashMap<>();
    Map<String, Tensor> variables = new LinkedHashMap<>();
    if (layout.isLegacy()) {
      String prefix = layout == KerasLayout.LEGACY_MODEL ? "model_weights/" : "";
      for (LayerConfig layer : model(metadata, source).savedLayers()) {
        names.put(prefix + layer.name(), layer.name());
      }
      mapping
          .toLegacyKeras(state)
          .forEach(
              (layer, weights) ->
                  weights.forEach(
                      (name, tensor) -> variables.put(prefix + layer + "/" + name, tensor)));
    } else {
      variables.putAll(mapping.toKeras(state));
    }
    boolean weightsAlone = layout == KerasLayout.WEIGHTS || layout == KerasLayout.LEGACY_WEIGHTS;
    return new KerasModel(
        layout,
        Optional.ofNullable(metadata.get(VERSION)),
        layout.isLegacy() ? Optional.of("tensorflow") : Optional.empty(),
        weightsAlone ? Optional.empty() : Optional.of(dateSaved),
        weightsAlone ? Optional.empty() : Optional.of(config(metadata, source)),
        Optional.empty(),
        names,
        variables,
        Map.of(),
        Map.of());
  }

  private static WeightMapping mapping(Map<String, String> metadata, String source)
      throws CorruptFileException, UnsupportedFeatureException {
    return WeightMapping.of(model(metadata, source));
  }

  private static ModelConfig model(Map<String, String> metadata, String source)
      throws CorruptFileException, UnsupportedFeatureException {
    return ModelConfig.parse(config(metadata, source), source);
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
