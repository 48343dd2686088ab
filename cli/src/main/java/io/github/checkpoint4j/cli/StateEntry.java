package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.format.UnsupportedFeatureException;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.state.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What stands at the end of a path of keys in a state: a tensor, as which a numpy array counts too,
 * a plain value, or a list of plain values.
 *
 * @param path the keys that lead to it; positions in lists count as keys
 * @param value a container only if it is empty or holds no containers and tensors itself
 * @param separator what stands between the keys in a name
 */
record StateEntry(List<String> path, Value value, String separator) {
  /**
   * How many keys and items may be walked over: a small file of shared parts can have more paths
   * than there are atoms.
   */
  private static final long MOST_STEPS = 10_000_000;

  StateEntry {
    path = List.copyOf(path);
  }

  StateEntry(List<String> path, Value value) {
    this(path, value, ".");
  }

  /** What stands at a path of names as a file system has, in HDF5. */
  static StateEntry atPath(List<String> path, Value value) {
    return new StateEntry(path, value, "/");
  }

  /** The tensor that stands there, plain or quantized; empty if it is something else. */
  Optional<NumericArray> array() {
    return NumericArray.of(value);
  }

  boolean isTensor() {
    return array().isPresent();
  }

  /** The keys joined: by dots, but for a path of HDF5. */
  String name() {
    return String.join(separator, path);
  }

  /**
   * The entries of {@code value}, in its order.
   *
   * @throws UnsupportedFeatureException if the entries' paths and lists have more than ten million
   *     parts, one that is shared counted at each of its places
   */
  static List<StateEntry> of(Value value) throws UnsupportedFeatureException {
    List<StateEntry> found = new ArrayList<>();
    new Walk(found).enter(List.of(), value);
    return found;
  }

  /** A dictionary's key as text. */
  static String keyText(Value key) {
    return switch (key) {
      case Value.Text text -> text.value();
      case Value.Int whole -> whole.value().toString();
      case Value.Real real -> String.valueOf(real.value());
      case Value.Bool bool -> bool.value() ? "True" : "False";
      case Value.None _ -> "None";
      default -> "<" + key.getClass().getSimpleName().toLowerCase(Locale.ROOT) + ">";
    };
  }

  private static final class Walk {
    private final List<StateEntry> found;
    private long left = MOST_STEPS;

    Walk(List<StateEntry> found) {
      this.found = found;
    }

    void enter(List<String> path, Value value) throws UnsupportedFeatureException {
      spend(path.size() + 1);
      switch (value) {
        case StateDict dict when !dict.entries().isEmpty() -> {
          for (Map.Entry<String, Value> entry : dict.entries().entrySet()) {
            enter(with(path, entry.getKey()), entry.getValue());
          }
        }
        case Value.Dict dict when !dict.entries().isEmpty() -> {
          for (Map.Entry<Value, Value> entry : dict.entries().entrySet()) {
            enter(with(path, keyText(entry.getKey())), entry.getValue());
          }
        }
        case Value.Items items -> list(path, value, items.values());
        case Value.Tuple tuple -> list(path, value, tuple.values());
        case Value.NdArray array -> found.add(new StateEntry(path, array.elements()));
        case Value.ItemSet set -> set(path, value, set.values());
        case Value.FrozenSet set -> set(path, value, set.values());
        default -> found.add(new StateEntry(path, value));
      }
    }

    private void spend(long steps) throws UnsupportedFeatureException {
      left -= steps;
      if (left < 0) {
        throw new UnsupportedFeatureException(
            "the state has more than "
                + Quantities.count(MOST_STEPS)
                + " parts, shared ones counted at each place: this is no checkpoint");
      }
    }

    private void list(List<String> path, Value list, List<Value> values)
        throws UnsupportedFeatureException {
      if (values.stream().allMatch(Walk::isPlain)) {
        spend(values.size());
        found.add(new StateEntry(path, list));
        return;
      }
      for (int i = 0; i < values.size(); i++) {
        enter(with(path, String.valueOf(i)), values.get(i));
      }
    }

    /** A set has no positions that could be keys. */
    private void set(List<String> path, Value set, Set<Value> values)
        throws UnsupportedFeatureException {
      spend(values.size());
      found.add(new StateEntry(path, set));
    }

    private static boolean isPlain(Value value) {
      return switch (value) {
        case Tensor _, StateDict _, Value.Dict _, Value.Items _, Value.Tuple _, Value.NdArray _ ->
            false;
        case Value.ItemSet _, Value.FrozenSet _ -> false;
        default -> true;
      };
    }

    private static List<String> with(List<String> path, String key) {
      List<String> longer = new ArrayList<>(path.size() + 1);
      longer.addAll(path);
      longer.add(key);
      return longer;
    }
  }
}
