package io.github.checkpoint4j.keras;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import io.github.checkpoint4j.keras.hdf5.Hdf5Dataset;
import io.github.checkpoint4j.keras.hdf5.Hdf5Group;
import io.github.checkpoint4j.keras.hdf5.Hdf5Value;
import io.github.checkpoint4j.state.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A {@code .weights.h5} file: each layer, and whatever else has variables, is a group whose
 * subgroup {@code vars} has them by number, and its name as an attribute.
 *
 * @param names the name of each layer by its group; of the model itself by the empty path
 * @param tensors the variables, the optimizer's included, by the path of their dataset, in the
 *     order of the file
 * @see <a
 *     href="https://github.com/keras-team/keras/blob/v3.15.1/keras/src/saving/saving_lib.py">saving_lib.py,
 *     H5IOStore</a>
 */
record WeightsFile(Map<String, String> names, Map<String, Tensor> tensors) {
  private static final String NAME = "name";

  /**
   * Reads a file's tree; empty if it is none of this kind: a dataset lies outside of the groups
   * {@code vars}, or there is no such group.
   */
  static Optional<WeightsFile> of(Hdf5Group root, String source)
      throws CorruptFileException, UnsupportedFeatureException {
    Hdf5Listing listing = Hdf5Listing.of(root);
    Map<String, String> names = new LinkedHashMap<>();
    boolean hasVars = false;
    for (Map.Entry<String, Hdf5Group> group : listing.groups().entrySet()) {
      Optional<String> owner = owner(group.getKey());
      hasVars |= owner.isPresent();
      if (owner.isPresent()
          && group.getValue().attributes().get(NAME) instanceof Hdf5Value.Text name) {
        names.put(owner.get(), name.value());
      }
    }
    if (!hasVars || !listing.datasets().keySet().stream().allMatch(DatasetPaths::isInVars)) {
      return Optional.empty();
    }
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (Map.Entry<String, Hdf5Dataset> dataset : listing.datasets().entrySet()) {
      String path = dataset.getKey();
      tensors.put(path, Hdf5Tree.tensor(dataset.getValue(), source + ": " + path));
    }
    return Optional.of(new WeightsFile(names, tensors));
  }

  /** What a group {@code vars} has the variables of; empty if it is another group. */
  private static Optional<String> owner(String group) {
    if (group.equals(DatasetPaths.VARS)) {
      return Optional.of("");
    }
    String end = "/" + DatasetPaths.VARS;
    return group.endsWith(end)
        ? Optional.of(group.substring(0, group.length() - end.length()))
        : Optional.empty();
  }

  /**
   * The variables of a model, for a file of its own or in an archive.
   *
   * @throws IllegalArgumentException if the model's layout is a legacy one
   */
  static WeightsFile of(KerasModel model) {
    if (model.layout().isLegacy()) {
      throw new IllegalArgumentException(
          model.layout().title()
              + " keeps weights by other names than "
              + KerasLayout.WEIGHTS.title()
              + ": write it as what it is");
    }
    Map<String, Tensor> tensors = new LinkedHashMap<>(model.variables());
    tensors.putAll(model.optimizerVariables());
    return new WeightsFile(model.names(), tensors);
  }

  /** The model that has these variables, in its order. */
  KerasModel model(
      KerasLayout layout,
      Optional<String> kerasVersion,
      Optional<String> dateSaved,
      Optional<Json.Obj> config,
      Map<String, MemorySegment> assets) {
    Map<String, Tensor> variables = new LinkedHashMap<>();
    Map<String, Tensor> optimizer = new LinkedHashMap<>();
    ModelOrder.of(config)
        .sorted(tensors)
        .forEach(
            (path, tensor) ->
                (path.startsWith(layout.optimizerPrefix()) ? optimizer : variables)
                    .put(path, tensor));
    return new KerasModel(
        layout,
        kerasVersion,
        Optional.empty(),
        dateSaved,
        config,
        Optional.empty(),
        names,
        variables,
        optimizer,
        assets);
  }

  /** The file of these. */
  FileContent file() {
    Hdf5Tree tree = new Hdf5Tree();
    names.forEach(
        (owner, name) ->
            tree.group(owner.isEmpty() ? DatasetPaths.VARS : owner + "/" + DatasetPaths.VARS)
                .with(NAME, name));
    tensors.forEach(tree::add);
    return tree.file();
  }
}
