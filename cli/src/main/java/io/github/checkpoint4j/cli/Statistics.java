package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.state.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * What the elements of a tensor are like.
 *
 * @param minimum the least finite element; empty, as the next three, if none is finite
 * @param maximum the greatest finite element
 * @param mean of the finite elements
 * @param deviation the standard deviation of the finite elements, dividing by their number
 * @param zeros how many are zero
 * @param nans how many are not a number
 * @param infinities how many are infinite
 */
record Statistics(
    OptionalDouble minimum,
    OptionalDouble maximum,
    OptionalDouble mean,
    OptionalDouble deviation,
    long zeros,
    long nans,
    long infinities) {

  /** The statistics of {@code tensor}; empty for complex numbers and types below eight bits. */
  static Optional<Statistics> of(Tensor tensor) {
    return Elements.of(tensor.dtype()).map(elements -> of(tensor, elements));
  }

  private static Statistics of(Tensor tensor, Elements elements) {
    MemorySegment bytes = tensor.bytes();
    long count = tensor.elementCount();
    double minimum = Double.POSITIVE_INFINITY;
    double maximum = Double.NEGATIVE_INFINITY;
    double sum = 0;
    long zeros = 0;
    long nans = 0;
    long infinities = 0;
    for (long i = 0; i < count; i++) {
      double value = elements.at(bytes, i);
      if (Double.isFinite(value)) {
        minimum = Math.min(minimum, value);
        maximum = Math.max(maximum, value);
        sum += value;
        zeros += value == 0 ? 1 : 0;
      } else if (Double.isNaN(value)) {
        nans++;
      } else {
        infinities++;
      }
    }
    long finite = count - nans - infinities;
    if (finite == 0) {
      OptionalDouble none = OptionalDouble.empty();
      return new Statistics(none, none, none, none, zeros, nans, infinities);
    }
    double mean = sum / finite;
    return new Statistics(
        OptionalDouble.of(minimum),
        OptionalDouble.of(maximum),
        OptionalDouble.of(mean),
        OptionalDouble.of(Math.sqrt(squares(bytes, count, elements, mean) / finite)),
        zeros,
        nans,
        infinities);
  }

  private static double squares(MemorySegment bytes, long count, Elements elements, double mean) {
    double squares = 0;
    for (long i = 0; i < count; i++) {
      double value = elements.at(bytes, i);
      if (Double.isFinite(value)) {
        squares += (value - mean) * (value - mean);
      }
    }
    return squares;
  }
}
