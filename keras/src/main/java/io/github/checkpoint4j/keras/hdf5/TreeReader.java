package io.github.checkpoint4j.keras.hdf5;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.Excerpt;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** Reads the groups of a file and what is known of its datasets without their elements. */
final class TreeReader {
  static final int MOST_LEVELS = 200;

  private final Source source;
  private final GlobalHeap heap;
  private final Set<Long> groups = new HashSet<>();
  private final Map<Long, Hdf5Dataset> datasets = new HashMap<>();

  private TreeReader(Source source) {
    this.source = source;
    this.heap = new GlobalHeap(source);
  }

  static Hdf5Group read(Source source) throws CorruptFileException, UnsupportedFeatureException {
    long root = Superblock.readRoot(source);
    if (new TreeReader(source).node(root, "/", 0) instanceof Hdf5Group group) {
      return group;
    }
    throw source.corrupt(root, "a group expected, found a dataset");
  }

  private Hdf5Node node(long address, String path, int level)
      throws CorruptFileException, UnsupportedFeatureException {
    Hdf5Dataset known = datasets.get(address);
    if (known != null) {
      return known;
    }
    Source here = source.of(path);
    if (level > MOST_LEVELS) {
      throw here.unsupported(
          "it is " + level + " groups deep, at most " + MOST_LEVELS + " are read here");
    }
    if (!groups.add(address)) {
      throw here.unsupported(
          "it is a group that has another path too; write it once, or a copy of it");
    }
    ObjectHeader header = ObjectHeader.read(here, address);
    if (header.has(ObjectHeader.LAYOUT)) {
      groups.remove(address);
      Hdf5Dataset dataset = DatasetReader.read(header, here, Attributes.read(header, here, heap));
      datasets.put(address, dataset);
      return dataset;
    }
    if (header.has(ObjectHeader.DATATYPE)) {
      throw here.unsupported("it is a named type; write the file without named types");
    }
    Map<String, Hdf5Value> attributes = Attributes.read(header, here, heap);
    Map<String, Hdf5Node> children = new LinkedHashMap<>();
    for (Link link : Links.read(header, here)) {
      String name = link.name();
      if (!Hdf5Group.isName(name)) {
        throw here.corrupt(address, "'" + Excerpt.of(name) + "' is not a name in HDF5");
      }
      String below = level == 0 ? name : path + "/" + name;
      if (children.put(name, node(link.address(), below, level + 1)) != null) {
        throw here.corrupt(address, "a second '" + Excerpt.of(name) + "'");
      }
    }
    return new Hdf5Group(attributes, children);
  }
}
