package io.github.checkpoint4j.keras.hdf5;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A folder of groups and datasets.
 *
 * @param attributes by name, in order
 * @param children by name, in order. Names are not empty, hold no {@code /}, and are not {@code .}
 *     or {@code ..}
 */
public record Hdf5Group(Map<String, Hdf5Value> attributes, Map<String, Hdf5Node> children)
    implements Hdf5Node {

  public Hdf5Group {
    attributes = Collections.unmodifiableMap(new LinkedHashMap<>(attributes));
    children = Collections.unmodifiableMap(new LinkedHashMap<>(children));
    for (String name : children.keySet()) {
      if (!isName(name)) {
        throw new IllegalArgumentException("not a name in HDF5: '" + name + "'");
      }
    }
  }

  /** Whether a child may have this name. */
  static boolean isName(String name) {
    return !name.isEmpty() && !name.contains("/") && !name.equals(".") && !name.equals("..");
  }

  /** The node at a path of names with {@code /} between; empty if there is none. */
  public Optional<Hdf5Node> find(String path) {
    Hdf5Node node = this;
    for (String name : path.split("/", -1)) {
      if (!(node instanceof Hdf5Group group) || !group.children.containsKey(name)) {
        return Optional.empty();
      }
      node = group.children.get(name);
    }
    return Optional.of(node);
  }
}
