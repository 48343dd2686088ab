package io.github.checkpoint4j.keras;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.Excerpt;
import io.github.checkpoint4j.keras.hdf5.Hdf5Node;
import io.github.checkpoint4j.keras.hdf5.Hdf5Value;
import io.github.checkpoint4j.state.Dtype;
import io.github.checkpoint4j.state.Tensor;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A list of names in an attribute of a legacy file, or, since an attribute must fit into an
 * object's header, in several whose names are numbered: {@code weight_names0}, {@code
 * weight_names1}.
 *
 * @see <a
 *     href="https://github.com/keras-team/keras/blob/v3.15.1/keras/src/legacy/saving/legacy_h5_format.py">legacy_h5_format.py,
 *     save_attributes_to_hdf5_group</a>
 */
final class SplitAttribute {
  /** The bytes that an attribute may take. */
  static final int MOST_BYTES = 64_512;

  /** What a string takes in an attribute if it lies elsewhere: its length and its place. */
  private static final int REFERENCE = 16;

  private SplitAttribute() {}

  /** Whether a node has the attribute, whole or in parts. */
  static boolean isIn(Hdf5Node node, String name) {
    return node.attributes().containsKey(name) || node.attributes().containsKey(name + 0);
  }

  /**
   * The names; none if there is no such attribute.
   *
   * @param where the node, for messages
   * @throws CorruptFileException if the attribute is not of strings
   */
  static List<String> read(Hdf5Node node, String name, String where) throws CorruptFileException {
    Hdf5Value whole = node.attributes().get(name);
    if (whole != null) {
      return texts(whole, name, where);
    }
    List<String> all = new ArrayList<>();
    int part = 0;
    for (Hdf5Value value = node.attributes().get(name + part);
        value != null;
        value = node.attributes().get(name + part)) {
      all.addAll(texts(value, name + part, where));
      part++;
    }
    return all;
  }

  private static List<String> texts(Hdf5Value value, String name, String where)
      throws CorruptFileException {
    return switch (value) {
      case Hdf5Value.Texts texts -> texts.values();
      case Hdf5Value.Empty _ -> List.of();
      // NumPy's array of no strings is one of no numbers.
      case Hdf5Value.Numbers numbers when numbers.tensor().elementCount() == 0 -> List.of();
      case Hdf5Value.Text _, Hdf5Value.Numbers _ ->
          throw new CorruptFileException(
              where
                  + ": the attribute '"
                  + Excerpt.of(name)
                  + "' should be a list of names and is "
                  + (value instanceof Hdf5Value.Text ? "one string" : "numbers")
                  + "; save the model again");
    };
  }

  /**
   * The attribute, or its parts, as Keras parts them.
   *
   * @throws IllegalArgumentException if one name alone does not fit
   */
  static Map<String, Hdf5Value> write(String name, List<String> names) {
    if (names.isEmpty()) {
      Tensor none = Tensor.of(Dtype.F64, new long[] {0}, MemorySegment.ofArray(new byte[0]));
      return Map.of(name, new Hdf5Value.Numbers(none));
    }
    long longest = REFERENCE;
    for (String one : names) {
      longest = Math.max(longest, one.getBytes(StandardCharsets.UTF_8).length);
    }
    if (longest > MOST_BYTES) {
      throw new IllegalArgumentException(
          "a name of " + longest + " bytes in '" + name + "', at most " + MOST_BYTES + " can be");
    }
    int parts = 1;
    while (longest * Math.ceilDiv(names.size(), parts) > MOST_BYTES) {
      parts++;
    }
    if (parts == 1) {
      return Map.of(name, new Hdf5Value.Texts(names));
    }
    Map<String, Hdf5Value> split = new LinkedHashMap<>();
    int from = 0;
    for (int part = 0; part < parts; part++) {
      int to = from + names.size() / parts + (part < names.size() % parts ? 1 : 0);
      split.put(name + part, new Hdf5Value.Texts(names.subList(from, to)));
      from = to;
    }
    return split;
  }
}
