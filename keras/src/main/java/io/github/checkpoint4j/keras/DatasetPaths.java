package io.github.checkpoint4j.keras;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** The rules that the paths of a model's datasets keep. */
final class DatasetPaths {
  /** The group, within that of a layer, that holds its variables. */
  static final String VARS = "vars";

  /** The group of a legacy file for weights that are of the model itself and of no layer. */
  static final String TOP_LEVEL = "top_level_model_weights";

  private DatasetPaths() {}

  /**
   * @throws IllegalArgumentException if one is broken
   */
  static void check(
      KerasLayout layout,
      Map<String, String> names,
      Collection<String> variables,
      Collection<String> optimizerVariables) {
    Set<String> all = new HashSet<>();
    Set<String> groups = new HashSet<>();
    Stream.concat(variables.stream(), optimizerVariables.stream())
        .forEach(
            path -> {
              requireParts(path);
              if (!all.add(path)) {
                throw new IllegalArgumentException("two variables '" + path + "'");
              }
              groups.addAll(parents(path));
            });
    for (String path : all) {
      if (groups.contains(path)) {
        throw new IllegalArgumentException(
            "'" + path + "' cannot be a variable and the group of others");
      }
    }
    for (String group : layout.isLegacy() ? names.keySet() : Set.<String>of()) {
      if (!group.startsWith(layout.weightsPrefix())) {
        throw new IllegalArgumentException(
            "'"
                + group
                + "' should be the group of a layer, under '"
                + layout.weightsPrefix()
                + "'");
      }
      requireParts(group);
      for (String parent : parents(group)) {
        if (names.containsKey(parent)) {
          throw new IllegalArgumentException(
              "the group of layer '" + group + "' lies in that of layer '" + parent + "'");
        }
      }
    }
    for (String path : variables) {
      requireLayer(layout, names, path);
      if (path.startsWith(layout.optimizerPrefix())) {
        throw new IllegalArgumentException("'" + path + "' is a variable of the optimizer");
      }
    }
    for (String path : optimizerVariables) {
      if (!path.startsWith(layout.optimizerPrefix()) || !(layout.isLegacy() || isInVars(path))) {
        throw new IllegalArgumentException(
            "'"
                + path
                + "' should be a variable of the optimizer, under '"
                + layout.optimizerPrefix()
                + "'");
      }
    }
  }

  private static void requireParts(String path) {
    for (String part : path.split("/", -1)) {
      if (part.isEmpty() || part.equals(".") || part.equals("..")) {
        throw new IllegalArgumentException("not the path of a dataset: '" + path + "'");
      }
    }
  }

  private static void requireLayer(KerasLayout layout, Map<String, String> names, String path) {
    if (!layout.isLegacy() && !isInVars(path)) {
      throw new IllegalArgumentException(
          "'" + path + "' should be a variable in a group '" + VARS + "'");
    }
    if (layout.isLegacy() && layerOf(layout, path, names.keySet()).isEmpty()) {
      throw new IllegalArgumentException("'" + path + "' is in the group of no named layer");
    }
  }

  /** Whether Keras takes the dataset as a variable: it lies in a group {@code vars}. */
  static boolean isInVars(String path) {
    return path.startsWith(VARS + "/")
        ? path.indexOf('/') == path.lastIndexOf('/')
        : path.substring(0, Math.max(0, path.lastIndexOf('/'))).endsWith("/" + VARS);
  }

  /**
   * The group of a legacy file's layer in which a weight lies: one of {@code layers}, or that of
   * the model's own weights.
   */
  static Optional<String> layerOf(KerasLayout layout, String path, Set<String> layers) {
    for (String group : parents(path)) {
      if (layers.contains(group) || group.equals(layout.weightsPrefix() + TOP_LEVEL)) {
        return Optional.of(group);
      }
    }
    return Optional.empty();
  }

  /** The groups in which something lies, the innermost first, but for the root. */
  static List<String> parents(String path) {
    List<String> parents = new ArrayList<>();
    for (int end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
      parents.add(path.substring(0, end));
    }
    return parents;
  }
}
