package io.github.checkpoint4j.keras;

import io.github.checkpoint4j.keras.hdf5.Hdf5Dataset;
import io.github.checkpoint4j.keras.hdf5.Hdf5Group;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * All that is in a group, by path, in the order of the file.
 *
 * @param groups the groups within; the group itself is under the empty path
 * @param datasets the datasets within
 */
record Hdf5Listing(Map<String, Hdf5Group> groups, Map<String, Hdf5Dataset> datasets) {
  static Hdf5Listing of(Hdf5Group root) {
    Hdf5Listing listing = new Hdf5Listing(new LinkedHashMap<>(), new LinkedHashMap<>());
    listing.add("", root);
    return listing;
  }

  private void add(String path, Hdf5Group group) {
    groups.put(path, group);
    group
        .children()
        .forEach(
            (name, child) -> {
              String inner = path.isEmpty() ? name : path + "/" + name;
              switch (child) {
                case Hdf5Group subgroup -> add(inner, subgroup);
                case Hdf5Dataset dataset -> datasets.put(inner, dataset);
              }
            });
  }
}
