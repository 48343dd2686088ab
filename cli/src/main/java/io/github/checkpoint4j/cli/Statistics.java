package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.state.Dtype;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.state.Value;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * What the elements of a tensor are like. Sums are in double precision, in the order of the
 * elements. Complex numbers have no order: of them there are no least, greatest, mean and
 * deviation.
 *
 * @param minimum the least finite element; empty, as the next three, if none is finite
 * @param maximum the greatest finite element
 * @param mean of the finite elements
 * @param deviation the standard deviation of the finite elements, dividing by their number
 * @param norm the Euclidean norm of the finite elements, 0 if none is
 * @param zeros how many are zero
 * @param nans how many are not a number
 * @param infinities how many are infinite
 */
record Statistics(
    OptionalDouble minimum,
    OptionalDouble maximum,
    OptionalDouble mean,
    OptionalDouble deviation,
    double norm,
    long zeros,
    long nans,
    long infinities) {

  /**
   * The statistics of a tensor; empty if it is none, or quantized in a way whose numbers are not
   * computed here.
   */
  static Optional<Statistics> of(Value value) {
    if (value instanceof Tensor tensor && isComplex(tensor.dtype())) {
      return Optional.of(ofComplex(tensor));
    }
    return NumericArray.of(value)
        .flatMap(array -> array.elements().map(elements -> of(array, elements)));
  }

  private static Statistics of(NumericArray array, Elements elements) {
    MemorySegment bytes = array.bytes();
    long count = array.elementCount();
    double minimum = Double.POSITIVE_INFINITY;
    double maximum = Double.NEGATIVE_INFINITY;
    double sum = 0;
    double squares = 0;
    long zeros = 0;
    long nans = 0;
    long infinities = 0;
    for (long i = 0; i < count; i++) {
      double value = elements.at(bytes, i);
      if (Double.isFinite(value)) {
        minimum = Math.min(minimum, value);
        maximum = Math.max(maximum, value);
        sum += value;
        squares += value * value;
        zeros += value == 0 ? 1 : 0;
      } else if (Double.isNaN(value)) {
        nans++;
      } else {
        infinities++;
      }
    }
    long finite = count - nans - infinities;
    OptionalDouble none = OptionalDouble.empty();
    if (finite == 0) {
      return new Statistics(none, none, none, none, 0, zeros, nans, infinities);
    }
    double mean = sum / finite;
    return new Statistics(
        OptionalDouble.of(minimum),
        OptionalDouble.of(maximum),
        OptionalDouble.of(mean),
        OptionalDouble.of(Math.sqrt(squares(bytes, count, elements, mean) / finite)),
        Math.sqrt(squares),
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

  private static boolean isComplex(Dtype dtype) {
    return dtype == Dtype.C32 || dtype == Dtype.C64 || dtype == Dtype.C128;
  }

  /** A complex number is not a number if a part is not, else infinite if a part is. */
  private static Statistics ofComplex(Tensor tensor) {
    Elements parts =
        Elements.of(
                switch (tensor.dtype()) {
                  case C32 -> Dtype.F16;
                  case C64 -> Dtype.F32;
                  default -> Dtype.F64;
                })
            .orElseThrow();
    double squares = 0;
    long zeros = 0;
    long nans = 0;
    long infinities = 0;
    for (long i = 0; i < tensor.elementCount(); i++) {
      double real = parts.at(tensor.bytes(), 2 * i);
      double imaginary = parts.at(tensor.bytes(), 2 * i + 1);
      if (Double.isNaN(real) || Double.isNaN(imaginary)) {
        nans++;
      } else if (Double.isInfinite(real) || Double.isInfinite(imaginary)) {
        infinities++;
      } else {
        squares += real * real + imaginary * imaginary;
        zeros += real == 0 && imaginary == 0 ? 1 : 0;
      }
    }
    OptionalDouble none = OptionalDouble.empty();
    return new Statistics(none, none, none, none, Math.sqrt(squares), zeros, nans, infinities);
  }
}
