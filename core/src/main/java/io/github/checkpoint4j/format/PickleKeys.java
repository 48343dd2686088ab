package io.github.checkpoint4j.format;

import io.github.checkpoint4j.state.Bytes;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Value;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The keys of a file's dicts and the items of its sets: Python must be able to hash them, and they
 * must not be made to be slow to look up here, by equal hashes or by one large key in many dicts.
 */
final class PickleKeys {
  /** Keys of one dict that may have the same hash: by chance a million have but a few. */
  private static final int MOST_OF_ONE_HASH = 256;

  private final String source;
  private long hashable;

  /**
   * @param source the names of the file and the entry, for messages
   * @param hashable how many values may be hashed in all
   */
  PickleKeys(String source, long hashable) {
    this.source = source;
    this.hashable = hashable;
  }

  /**
   * Checks the keys of one dict, or the items of one set, before they are hashed.
   *
   * @throws CorruptFileException if Python could not hash one
   * @throws UnsupportedFeatureException if it would take too long to look them up
   */
  void check(Collection<Value> keys) throws CorruptFileException, UnsupportedFeatureException {
    Map<Integer, Integer> counts = new HashMap<>();
    for (Value key : keys) {
      spend(key);
      Optional<String> unhashable = unhashable(key);
      if (unhashable.isPresent()) {
        throw new CorruptFileException(
            source
                + ": a key of a dict, or an item of a set, is or has "
                + unhashable.get()
                + ", which Python cannot hash; the file is made by hand: save it again");
      }
      if (counts.merge(key.hashCode(), 1, Integer::sum) > MOST_OF_ONE_HASH) {
        throw new UnsupportedFeatureException(
            source
                + ": more than "
                + MOST_OF_ONE_HASH
                + " keys of a dict, or items of a set, have the same hash;"
                + " in Python save a list of pairs instead");
      }
    }
  }

  private void spend(Value key) throws UnsupportedFeatureException {
    hashable -=
        switch (key) {
          case Bytes bytes -> bytes.asSegment().byteSize() / Long.BYTES + 1;
          case Value.Int number -> number.value().bitLength() / Long.SIZE + 1;
          default -> 1;
        };
    if (hashable < 0) {
      throw new UnsupportedFeatureException(
          source
              + ": the keys of its dicts and sets have too many parts, shared ones counted at each"
              + " place; in Python save lists of pairs instead");
    }
    for (Value part : parts(key)) {
      spend(part);
    }
  }

  private static Collection<Value> parts(Value key) {
    return switch (key) {
      case Value.Tuple tuple -> tuple.values();
      case Value.FrozenSet set -> set.values();
      default -> List.of();
    };
  }

  /** What of a key Python cannot hash, in words; empty if there is nothing. */
  static Optional<String> unhashable(Value key) {
    return switch (key) {
      case Value.Items list -> Optional.of("a list");
      case Value.ItemSet set -> Optional.of("a set");
      case Value.NdArray array -> Optional.of("a numpy array");
      case StateDict dict -> Optional.of("a dict");
      case Value.Dict dict -> Optional.of("a dict");
      default ->
          parts(key).stream().map(PickleKeys::unhashable).flatMap(Optional::stream).findFirst();
    };
  }
}
