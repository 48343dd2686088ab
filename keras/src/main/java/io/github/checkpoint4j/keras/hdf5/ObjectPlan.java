package io.github.checkpoint4j.keras.hdf5;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.Excerpt;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import io.github.checkpoint4j.state.Dtype;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What will be written of a group or dataset, checked. */
sealed interface ObjectPlan {
  /** HDF5 counts a message's bytes with 16 bits; the rest is for its head. */
  int MOST_IN_ATTRIBUTE = 64512;

  /** HDF5 counts an object's messages with 16 bits; the rest is for those of its kind. */
  int MOST_ATTRIBUTES = 65000;

  List<Attribute> attributes();

  /** An attribute. */
  record Attribute(String name, Stored value) {}

  /** A group. */
  record Group(List<Attribute> attributes, Map<String, ObjectPlan> children)
      implements ObjectPlan {}

  /**
   * A dataset.
   *
   * @param path its path
   * @param isTensor whether it has numbers
   */
  record Dataset(List<Attribute> attributes, Stored value, String path, boolean isTensor)
      implements ObjectPlan {}

  /** Checks a node and what is below it. */
  static ObjectPlan of(Hdf5Node node, String path, int level, TextHeap heap)
      throws CorruptFileException, UnsupportedFeatureException {
    if (level > TreeReader.MOST_LEVELS) {
      throw new IllegalArgumentException(
          "'"
              + Excerpt.of(path)
              + "' is "
              + level
              + " groups deep, at most "
              + TreeReader.MOST_LEVELS
              + " are written");
    }
    switch (node) {
      case Hdf5Dataset dataset -> {
        Hdf5Value value = dataset.value();
        String what = "dataset '" + Excerpt.of(path) + "'";
        return new Dataset(
            attributes(withDtype(dataset.attributes(), value, what), path, heap),
            Stored.of(value, what, heap, Integer.MAX_VALUE / 2),
            path,
            value instanceof Hdf5Value.Numbers);
      }
      case Hdf5Group group -> {
        Map<String, ObjectPlan> children = new LinkedHashMap<>();
        for (Map.Entry<String, Hdf5Node> child : group.children().entrySet()) {
          String name = child.getKey();
          Stored.utf8(name, "group '" + Excerpt.of(path) + "'");
          String below = level == 0 ? name : path + "/" + name;
          children.put(name, of(child.getValue(), below, level + 1, heap));
        }
        return new Group(attributes(group.attributes(), path, heap), children);
      }
    }
  }

  /** The attributes, and the one by which Keras knows that elements are bfloat16. */
  private static Map<String, Hdf5Value> withDtype(
      Map<String, Hdf5Value> attributes, Hdf5Value value, String what) {
    if (!value.dtype().equals(Optional.of(Dtype.BF16))) {
      return attributes;
    }
    Map<String, Hdf5Value> all = new LinkedHashMap<>(attributes);
    Hdf5Value bfloat16 = new Hdf5Value.Text(DatasetReader.BFLOAT16);
    Hdf5Value given = all.putIfAbsent(DatasetReader.DTYPE_ATTRIBUTE, bfloat16);
    if (given != null && !given.equals(bfloat16)) {
      throw new IllegalArgumentException(
          what + " has BF16, so its attribute 'dtype' must be 'bfloat16'; remove the attribute");
    }
    return all;
  }

  private static List<Attribute> attributes(
      Map<String, Hdf5Value> attributes, String path, TextHeap heap) {
    if (attributes.size() > MOST_ATTRIBUTES) {
      throw new IllegalArgumentException(
          "'"
              + Excerpt.of(path)
              + "' has "
              + attributes.size()
              + " attributes, at most "
              + MOST_ATTRIBUTES
              + " are written");
    }
    List<Attribute> planned = new ArrayList<>();
    attributes.forEach(
        (name, value) -> {
          String what = "attribute '" + Excerpt.of(name) + "' of '" + Excerpt.of(path) + "'";
          if (value.dtype().equals(Optional.of(Dtype.BF16))) {
            throw new IllegalArgumentException(
                what + " has BF16, which only datasets have; write it as F32");
          }
          Stored stored = Stored.of(value, what, heap, MOST_IN_ATTRIBUTE);
          long size = Stored.utf8(name, what).length + stored.size();
          if (name.isEmpty() || size > MOST_IN_ATTRIBUTE) {
            throw new IllegalArgumentException(
                what
                    + " takes "
                    + size
                    + " bytes with its name, 1 to "
                    + MOST_IN_ATTRIBUTE
                    + " are allowed; split it as Keras does, or write a dataset");
          }
          planned.add(new Attribute(name, stored));
        });
    return planned;
  }
}
