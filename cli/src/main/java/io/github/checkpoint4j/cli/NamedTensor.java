package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.format.UnsupportedFeatureException;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.state.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A tensor of a file.
 *
 * @param name the keys that lead to it, joined by dots; positions in lists count as keys
 */
record NamedTensor(String name, Tensor tensor) {
  /** A file of shared parts may have more paths than atoms fit in the universe. */
  private static final long MOST_VALUES = 10_000_000;

  /** The tensors in {@code value}, in its order. */
  static List<NamedTensor> in(Value value) throws UnsupportedFeatureException {
    List<NamedTensor> found = new ArrayList<>();
    collect("", value, found, new long[] {MOST_VALUES});
    return found;
  }

  private static void collect(String name, Value value, List<NamedTensor> found, long[] left)
      throws UnsupportedFeatureException {
    if (left[0]-- == 0) {
      throw new UnsupportedFeatureException(
          "the state holds more than "
              + Quantities.count(MOST_VALUES)
              + " values, shared ones counted at each place; this is no checkpoint");
    }
    switch (value) {
      case Tensor tensor -> found.add(new NamedTensor(name, tensor));
      case StateDict dict -> {
        for (Map.Entry<String, Value> entry : dict.entries().entrySet()) {
          collect(join(name, entry.getKey()), entry.getValue(), found, left);
        }
      }
      case Value.Dict dict -> {
        for (Map.Entry<Value, Value> entry : dict.entries().entrySet()) {
          collect(join(name, keyText(entry.getKey())), entry.getValue(), found, left);
        }
      }
      case Value.Items items -> collectAll(name, items.values(), found, left);
      case Value.Tuple tuple -> collectAll(name, tuple.values(), found, left);
      default -> {}
    }
  }

  private static void collectAll(
      String name, List<Value> values, List<NamedTensor> found, long[] left)
      throws UnsupportedFeatureException {
    for (int i = 0; i < values.size(); i++) {
      collect(join(name, String.valueOf(i)), values.get(i), found, left);
    }
  }

  /** A dictionary's key as part of a name. */
  static String keyText(Value key) {
    return switch (key) {
      case Value.Text text -> text.value();
      case Value.Int whole -> whole.value().toString();
      case Value.Real real -> String.valueOf(real.value());
      case Value.Bool bool -> bool.value() ? "True" : "False";
      case Value.None _ -> "None";
      default -> "<" + key.getClass().getSimpleName().toLowerCase(java.util.Locale.ROOT) + ">";
    };
  }

  private static String join(String name, String key) {
    return name.isEmpty() ? key : name + "." + key;
  }
}
