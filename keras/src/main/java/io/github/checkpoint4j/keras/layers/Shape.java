package io.github.checkpoint4j.keras.layers;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/**
 * The shape a tensor should have, as far as the configuration tells.
 *
 * @param dimensions the sizes, outermost first; {@link #ANY} for one that is not known; {@link
 *     #REST} alone for any number of any sizes
 */
record Shape(List<Long> dimensions) {
  /** A size that is not known. */
  static final long ANY = -1;

  /** Any number of sizes. */
  static final long REST = -2;

  Shape {
    dimensions = List.copyOf(dimensions);
  }

  static Shape of(long... dimensions) {
    return new Shape(LongStream.of(dimensions).boxed().toList());
  }

  /** The sizes {@code first} and then {@code rest}. */
  static Shape of(List<Long> first, long... rest) {
    List<Long> all = new ArrayList<>(first);
    LongStream.of(rest).forEach(all::add);
    return new Shape(all);
  }

  int rank() {
    return dimensions.size();
  }

  boolean matches(long[] shape) {
    if (dimensions.equals(List.of(REST))) {
      return true;
    }
    if (shape.length != rank()) {
      return false;
    }
    for (int i = 0; i < shape.length; i++) {
      if (dimensions.get(i) != ANY && dimensions.get(i) != shape[i]) {
        return false;
      }
    }
    return true;
  }

  /** The shape of this many elements, in which at most one size is not known. */
  long[] ofElements(long elements) {
    long known = dimensions.stream().filter(size -> size != ANY).reduce(1L, Math::multiplyExact);
    return dimensions.stream()
        .mapToLong(size -> size == ANY ? (known == 0 ? 0 : elements / known) : size)
        .toArray();
  }

  /** As in {@code [3, 3, ?, 64]}. */
  @Override
  public String toString() {
    return dimensions.stream()
        .map(size -> size == ANY ? "?" : size == REST ? "..." : String.valueOf(size))
        .collect(Collectors.joining(", ", "[", "]"));
  }
}
