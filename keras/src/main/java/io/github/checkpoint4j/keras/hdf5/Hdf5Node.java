package io.github.checkpoint4j.keras.hdf5;

import java.util.Map;

/** What a group holds under a name. */
public sealed interface Hdf5Node permits Hdf5Group, Hdf5Dataset {
  /** Its attributes by name. */
  Map<String, Hdf5Value> attributes();
}
