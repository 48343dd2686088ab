package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.state.Dtype;
import io.github.checkpoint4j.state.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
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

  /** Elements of one dtype as doubles. */
  private interface Elements {
    double at(MemorySegment bytes, long index);
  }

  private static final ValueLayout.OfShort I16 =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt I32 =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong I64 =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfFloat F32 =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfDouble F64 =
      ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** The statistics of {@code tensor}; empty for complex numbers and types below eight bits. */
  static Optional<Statistics> of(Tensor tensor) {
    return elements(tensor.dtype()).map(elements -> of(tensor, elements));
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

  private static Optional<Elements> elements(Dtype dtype) {
    return Optional.ofNullable(
        switch (dtype) {
          case BOOL, U8 -> (b, i) -> unsigned(b, i);
          case I8 -> (b, i) -> b.get(ValueLayout.JAVA_BYTE, i);
          case I16 -> (b, i) -> b.getAtIndex(I16, i);
          case U16 -> (b, i) -> Short.toUnsignedInt(b.getAtIndex(I16, i));
          case I32 -> (b, i) -> b.getAtIndex(I32, i);
          case U32 -> (b, i) -> Integer.toUnsignedLong(b.getAtIndex(I32, i));
          case I64 -> (b, i) -> b.getAtIndex(I64, i);
          case U64 -> (b, i) -> unsigned(b.getAtIndex(I64, i));
          case F16 -> (b, i) -> Float.float16ToFloat(b.getAtIndex(I16, i));
          case BF16 -> (b, i) -> Float.intBitsToFloat(b.getAtIndex(I16, i) << 16);
          case F32 -> (b, i) -> b.getAtIndex(F32, i);
          case F64 -> (b, i) -> b.getAtIndex(F64, i);
          case F8_E5M2 -> (b, i) -> Float.float16ToFloat((short) (unsigned(b, i) << 8));
          case F8_E4M3 -> (b, i) -> e4m3(unsigned(b, i));
          case F8_E8M0 ->
              (b, i) -> unsigned(b, i) == 0xff ? Double.NaN : Math.scalb(1.0, unsigned(b, i) - 127);
          case F8_E4M3FNUZ -> (b, i) -> withoutNegativeZero(unsigned(b, i), 3, 8);
          case F8_E5M2FNUZ -> (b, i) -> withoutNegativeZero(unsigned(b, i), 2, 16);
          case F4, F6_E2M3, F6_E3M2, C32, C64, C128 -> null;
        });
  }

  private static int unsigned(MemorySegment bytes, long index) {
    return Byte.toUnsignedInt(bytes.get(ValueLayout.JAVA_BYTE, index));
  }

  private static double unsigned(long value) {
    return value >= 0 ? value : ((value >>> 1) | (value & 1)) * 2.0;
  }

  /** Exponent bias 7, no infinity, not a number where all bits but the sign are set. */
  private static double e4m3(int bits) {
    return (bits & 0x7f) == 0x7f ? Double.NaN : small(bits, 3, 7);
  }

  /** The FNUZ types: no infinity, and what would be negative zero is not a number. */
  private static double withoutNegativeZero(int bits, int fractionBits, int bias) {
    return bits == 0x80 ? Double.NaN : small(bits, fractionBits, bias);
  }

  private static double small(int bits, int fractionBits, int bias) {
    int exponent = (bits & 0x7f) >> fractionBits;
    double fraction = (bits & ((1 << fractionBits) - 1)) / (double) (1 << fractionBits);
    double magnitude =
        exponent == 0 ? Math.scalb(fraction, 1 - bias) : Math.scalb(1 + fraction, exponent - bias);
    return (bits & 0x80) == 0 ? magnitude : -magnitude;
  }
}
