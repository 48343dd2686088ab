package io.github.checkpoint4j.keras;

import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.state.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The tree of HDF5 of a model of a legacy layout: what {@link LegacyFile} reads. */
final class LegacyTree {
  private final KerasModel model;
  private final Hdf5Tree root = new Hdf5Tree();

  private LegacyTree(KerasModel model) {
    this.model = model;
  }

  static FileContent file(KerasModel model) {
    LegacyTree tree = new LegacyTree(model);
    tree.putModel();
    tree.putWeights();
    if (!model.optimizerVariables().isEmpty()) {
      tree.put(LegacyFile.OPTIMIZER_WEIGHTS, model.optimizerVariables());
    }
    return tree.root.file();
  }

  private void putModel() {
    putOrigin(root);
    model.config().ifPresent(config -> put(LegacyFile.MODEL_CONFIG, config));
    model.trainingConfig().ifPresent(config -> put(LegacyFile.TRAINING_CONFIG, config));
  }

  private void put(String attribute, Json.Obj config) {
    root.with(attribute, config.toText());
  }

  private void putOrigin(Hdf5Tree group) {
    model.kerasVersion().ifPresent(version -> group.with(LegacyFile.KERAS_VERSION, version));
    model.backend().ifPresent(backend -> group.with(LegacyFile.BACKEND, backend));
  }

  private void putWeights() {
    KerasLayout layout = model.layout();
    String prefix = layout.weightsPrefix();
    Hdf5Tree weights =
        prefix.isEmpty() ? root : root.group(prefix.substring(0, prefix.length() - 1));
    putOrigin(weights);
    List<String> layers = List.copyOf(model.names().values());
    weights.with(SplitAttribute.write(LegacyFile.LAYER_NAMES, layers));

    Map<String, Map<String, Tensor>> byLayer = new LinkedHashMap<>();
    model.names().keySet().forEach(group -> byLayer.put(group, new LinkedHashMap<>()));
    byLayer.put(prefix + DatasetPaths.TOP_LEVEL, new LinkedHashMap<>());
    model
        .variables()
        .forEach(
            (path, tensor) ->
                DatasetPaths.layerOf(layout, path, byLayer.keySet())
                    .map(byLayer::get)
                    .ifPresent(layer -> layer.put(path, tensor)));
    byLayer.forEach(this::put);
  }

  /** Adds a group of weights, and their names in order. */
  private void put(String group, Map<String, Tensor> tensors) {
    List<String> names = new ArrayList<>();
    for (String path : tensors.keySet()) {
      names.add(path.substring(group.length() + 1));
    }
    root.group(group).with(SplitAttribute.write(LegacyFile.WEIGHT_NAMES, names));
    tensors.forEach(root::add);
  }
}
