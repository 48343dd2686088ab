package io.github.checkpoint4j.keras;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.Excerpt;
import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import io.github.checkpoint4j.keras.hdf5.Hdf5;
import io.github.checkpoint4j.keras.hdf5.Hdf5Dataset;
import io.github.checkpoint4j.keras.hdf5.Hdf5Group;
import io.github.checkpoint4j.keras.hdf5.Hdf5Node;
import io.github.checkpoint4j.keras.hdf5.Hdf5Value;
import io.github.checkpoint4j.state.Dtype;
import io.github.checkpoint4j.state.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** A tree of HDF5 while it is built from paths, and what is looked up in one. */
final class Hdf5Tree {
  private final Map<String, Hdf5Value> attributes = new LinkedHashMap<>();
  private final Map<String, Hdf5Tree> groups = new LinkedHashMap<>();
  private final Map<String, Hdf5Dataset> datasets = new LinkedHashMap<>();

  /** The group at a path, which is made if it is not there; this one at the empty path. */
  Hdf5Tree group(String path) {
    Hdf5Tree group = this;
    for (String name : path.isEmpty() ? new String[0] : path.split("/", -1)) {
      group = group.groups.computeIfAbsent(name, _ -> new Hdf5Tree());
    }
    return group;
  }

  /** Adds attributes. */
  Hdf5Tree with(Map<String, Hdf5Value> more) {
    attributes.putAll(more);
    return this;
  }

  /** Adds an attribute of text. */
  Hdf5Tree with(String name, String text) {
    return with(Map.of(name, new Hdf5Value.Text(text)));
  }

  /** Adds a variable at a path from here, marked as Keras does if NumPy lacks its type. */
  void add(String path, Tensor tensor) {
    Map<String, Hdf5Value> type =
        tensor.dtype() == Dtype.BF16 ? Map.of("dtype", new Hdf5Value.Text("bfloat16")) : Map.of();
    int slash = path.lastIndexOf('/');
    group(slash < 0 ? "" : path.substring(0, slash))
        .datasets
        .put(path.substring(slash + 1), Hdf5Dataset.of(type, new Hdf5Value.Numbers(tensor)));
  }

  /**
   * The group.
   *
   * @throws IllegalArgumentException if a dataset and a group have one path
   */
  private Hdf5Group build() {
    Map<String, Hdf5Node> children = new LinkedHashMap<>(datasets);
    groups.forEach(
        (name, group) -> {
          if (children.putIfAbsent(name, group.build()) != null) {
            throw new IllegalArgumentException("a dataset and a group '" + name + "' in one group");
          }
        });
    return new Hdf5Group(attributes, children);
  }

  /** The file of this tree. */
  FileContent file() {
    try {
      return Hdf5.write(build());
    } catch (CorruptFileException | UnsupportedFeatureException e) {
      throw new AssertionError("values in memory are not read from a file", e);
    }
  }

  /**
   * The numbers of a dataset.
   *
   * @param where the dataset, for messages
   * @throws UnsupportedFeatureException if it is not of numbers
   */
  static Tensor tensor(Hdf5Dataset dataset, String where)
      throws CorruptFileException, UnsupportedFeatureException {
    if (dataset.value() instanceof Hdf5Value.Numbers numbers) {
      return numbers.tensor();
    }
    throw new UnsupportedFeatureException(
        where
            + ": the dataset should hold numbers and holds none; save the model again with Keras");
  }

  /**
   * A group in a group.
   *
   * @param where the outer group, for messages
   * @throws CorruptFileException if there is none of this path
   */
  static Hdf5Group group(Hdf5Group group, String path, String where) throws CorruptFileException {
    Optional<Hdf5Node> found = group.find(path);
    if (found.isPresent() && found.get() instanceof Hdf5Group inner) {
      return inner;
    }
    throw new CorruptFileException(
        where + ": expected the group '" + Excerpt.of(path) + "' in it; save the model again");
  }
}
