package io.github.checkpoint4j.cli;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * How the numbers of two tensors of one shape differ. Norms are Euclidean, in double precision,
 * over the places where both numbers are finite.
 *
 * @param before the norm of the first
 * @param after the norm of the second
 * @param change the norm of the second less the first
 * @param largest the greatest change of a number; 0 if only numbers that are not finite changed
 * @param at where it is, counted in row-major order
 * @param changed how many numbers are another; NaN is the same as NaN
 * @param notFinite at how many places one is finite and the other is not
 */
record TensorDifference(
    double before,
    double after,
    double change,
    double largest,
    long at,
    long changed,
    long notFinite) {

  /**
   * Compares; empty if there are no numbers to compare: complex ones, those of a quantization that
   * are not computed here, or another shape.
   */
  static Optional<TensorDifference> of(NumericArray a, NumericArray b) {
    if (a.elements().isEmpty() || b.elements().isEmpty() || !Arrays.equals(a.shape(), b.shape())) {
      return Optional.empty();
    }
    return Optional.of(compare(a, a.elements().get(), b, b.elements().get()));
  }

  private static TensorDifference compare(
      NumericArray a, Elements of, NumericArray b, Elements to) {
    MemorySegment left = a.bytes();
    MemorySegment right = b.bytes();
    double before = 0;
    double after = 0;
    double change = 0;
    double largest = 0;
    long at = 0;
    long changed = 0;
    long notFinite = 0;
    long count = a.elementCount();
    for (long i = 0; i < count; i++) {
      double x = of.at(left, i);
      double y = to.at(right, i);
      boolean same = x == y || (Double.isNaN(x) && Double.isNaN(y));
      changed += same ? 0 : 1;
      if (!Double.isFinite(x) || !Double.isFinite(y)) {
        notFinite += Double.isFinite(x) != Double.isFinite(y) ? 1 : 0;
        continue;
      }
      double delta = y - x;
      before += x * x;
      after += y * y;
      change += delta * delta;
      if (Math.abs(delta) > largest) {
        largest = Math.abs(delta);
        at = i;
      }
    }
    return new TensorDifference(
        Math.sqrt(before), Math.sqrt(after), Math.sqrt(change), largest, at, changed, notFinite);
  }

  /** The change by the norm of the first; empty if that is 0. */
  OptionalDouble relative() {
    return before == 0 ? OptionalDouble.empty() : OptionalDouble.of(change / before);
  }

  /** The place of the largest change as an index of each dimension: {@code [3, 17]}. */
  static String place(long at, long[] shape) {
    long[] index = new long[shape.length];
    long left = at;
    for (int dimension = shape.length - 1; dimension >= 0; dimension--) {
      index[dimension] = left % shape[dimension];
      left /= shape[dimension];
    }
    return Arrays.toString(index);
  }
}
