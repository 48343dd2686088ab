package io.github.checkpoint4j.keras;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.Excerpt;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import io.github.checkpoint4j.keras.hdf5.Hdf5Dataset;
import io.github.checkpoint4j.keras.hdf5.Hdf5Group;
import io.github.checkpoint4j.keras.hdf5.Hdf5Node;
import io.github.checkpoint4j.keras.hdf5.Hdf5Value;
import io.github.checkpoint4j.state.Tensor;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * An {@code .h5} file from before Keras 3, which Keras 3 still writes: the attribute {@code
 * layer_names} lists the layers, each a group; its attribute {@code weight_names} lists the
 * datasets in it, as paths. Their order is what counts.
 *
 * @see <a
 *     href="https://github.com/keras-team/keras/blob/v3.15.1/keras/src/legacy/saving/legacy_h5_format.py">legacy_h5_format.py</a>
 */
final class LegacyFile {
  static final String LAYER_NAMES = "layer_names";
  static final String WEIGHT_NAMES = "weight_names";
  static final String MODEL_WEIGHTS = "model_weights";
  static final String OPTIMIZER_WEIGHTS = "optimizer_weights";
  static final String MODEL_CONFIG = "model_config";
  static final String TRAINING_CONFIG = "training_config";
  static final String KERAS_VERSION = "keras_version";
  static final String BACKEND = "backend";

  private final Hdf5Group root;
  private final KerasLayout layout;
  private final String source;
  private final Map<String, String> names = new LinkedHashMap<>();
  private final Map<String, Tensor> variables = new LinkedHashMap<>();
  private final Map<String, Tensor> optimizer = new LinkedHashMap<>();

  private LegacyFile(Hdf5Group root, KerasLayout layout, String source) {
    this.root = root;
    this.layout = layout;
    this.source = source;
  }

  /** Reads a file's tree; empty if it is none of this kind. */
  static Optional<KerasModel> read(Hdf5Group root, String source)
      throws CorruptFileException, UnsupportedFeatureException {
    if (SplitAttribute.isIn(root, LAYER_NAMES)) {
      return Optional.of(new LegacyFile(root, KerasLayout.LEGACY_WEIGHTS, source).model());
    }
    Hdf5Node weights = root.children().get(MODEL_WEIGHTS);
    if (root.attributes().containsKey(MODEL_CONFIG)
        || (weights != null && SplitAttribute.isIn(weights, LAYER_NAMES))) {
      return Optional.of(new LegacyFile(root, KerasLayout.LEGACY_MODEL, source).model());
    }
    return Optional.empty();
  }

  private KerasModel model() throws CorruptFileException, UnsupportedFeatureException {
    Hdf5Group weights = root;
    if (layout == KerasLayout.LEGACY_MODEL) {
      weights = Hdf5Tree.group(root, MODEL_WEIGHTS, source);
    }
    for (String layer : SplitAttribute.read(weights, LAYER_NAMES, source)) {
      Hdf5Group group = Hdf5Tree.group(weights, layer, source);
      if (names.put(layout.weightsPrefix() + layer, layer) != null) {
        throw new CorruptFileException(
            source + ": two layers '" + Excerpt.of(layer) + "' in layer_names; save it again");
      }
      add(group, layout.weightsPrefix() + layer, variables);
    }
    if (weights.children().get(DatasetPaths.TOP_LEVEL) instanceof Hdf5Group own) {
      add(own, layout.weightsPrefix() + DatasetPaths.TOP_LEVEL, variables);
    }
    if (root.children().get(OPTIMIZER_WEIGHTS) instanceof Hdf5Group state
        && layout == KerasLayout.LEGACY_MODEL) {
      add(state, OPTIMIZER_WEIGHTS, optimizer);
    }
    try {
      return new KerasModel(
          layout,
          text(KERAS_VERSION, root).or(() -> text(KERAS_VERSION, weights(root))),
          text(BACKEND, root).or(() -> text(BACKEND, weights(root))),
          Optional.empty(),
          json(MODEL_CONFIG),
          json(TRAINING_CONFIG),
          names,
          variables,
          optimizer,
          Map.of());
    } catch (IllegalArgumentException e) {
      throw new CorruptFileException(source + ": " + e.getMessage() + "; save it again", e);
    }
  }

  private static Hdf5Node weights(Hdf5Group root) {
    return root.children().getOrDefault(MODEL_WEIGHTS, root);
  }

  /** Adds the datasets of a group in the order of its attribute. */
  private void add(Hdf5Group group, String path, Map<String, Tensor> tensors)
      throws CorruptFileException, UnsupportedFeatureException {
    String where = source + ": " + path;
    for (String name : SplitAttribute.read(group, WEIGHT_NAMES, where)) {
      Optional<Hdf5Node> node = group.find(name);
      if (node.isEmpty() || !(node.get() instanceof Hdf5Dataset dataset)) {
        throw new CorruptFileException(
            where
                + ": expected the dataset '"
                + Excerpt.of(name)
                + "' in it; save the model again");
      }
      String full = path + "/" + name;
      if (tensors.put(full, Hdf5Tree.tensor(dataset, source + ": " + full)) != null) {
        throw new CorruptFileException(
            where + ": two weights '" + Excerpt.of(name) + "' in weight_names; save it again");
      }
    }
  }

  private static Optional<String> text(String attribute, Hdf5Node node) {
    return node.attributes().get(attribute) instanceof Hdf5Value.Text text
        ? Optional.of(text.value())
        : Optional.empty();
  }

  private Optional<Json.Obj> json(String attribute) throws CorruptFileException {
    Optional<String> text = text(attribute, root);
    if (text.isEmpty()) {
      return Optional.empty();
    }
    MemorySegment utf8 = MemorySegment.ofArray(text.get().getBytes(StandardCharsets.UTF_8));
    return Optional.of(JsonObject.parse(utf8, source + ": " + attribute));
  }
}
