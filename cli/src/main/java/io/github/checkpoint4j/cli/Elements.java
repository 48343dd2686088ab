package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.state.Dtype;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Optional;

/** The elements of a tensor of one dtype as doubles. */
interface Elements {
  ValueLayout.OfShort I16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  ValueLayout.OfInt I32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  ValueLayout.OfLong I64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  ValueLayout.OfDouble F64 = ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** The element at a position of the tensor's bytes. */
  double at(MemorySegment bytes, long index);

  /** The elements of a dtype; empty for complex numbers. */
  static Optional<Elements> of(Dtype dtype) {
    return Optional.<Elements>ofNullable(
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
          case F4 -> (b, i) -> small(bits(b, i, 4), 4, 1, 1);
          case F6_E2M3 -> (b, i) -> small(bits(b, i, 6), 6, 3, 1);
          case F6_E3M2 -> (b, i) -> small(bits(b, i, 6), 6, 2, 3);
          case C32, C64, C128 -> null;
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
    return (bits & 0x7f) == 0x7f ? Double.NaN : small(bits, 8, 3, 7);
  }

  /** The FNUZ types: no infinity, and what would be negative zero is not a number. */
  private static double withoutNegativeZero(int bits, int fractionBits, int bias) {
    return bits == 0x80 ? Double.NaN : small(bits, 8, fractionBits, bias);
  }

  /** The bits of an element of fewer than eight, the first in the lowest bits of the first byte. */
  private static int bits(MemorySegment bytes, long index, int width) {
    long bit = index * width;
    int shift = (int) (bit % 8);
    int low = unsigned(bytes, bit / 8) >> shift;
    int high = shift + width > 8 ? unsigned(bytes, bit / 8 + 1) << (8 - shift) : 0;
    return (low | high) & ((1 << width) - 1);
  }

  /** A number of so many bits: a sign, an exponent and a fraction, without infinities. */
  private static double small(int bits, int width, int fractionBits, int bias) {
    int sign = 1 << (width - 1);
    int exponent = (bits & (sign - 1)) >> fractionBits;
    double fraction = (bits & ((1 << fractionBits) - 1)) / (double) (1 << fractionBits);
    double magnitude =
        exponent == 0 ? Math.scalb(fraction, 1 - bias) : Math.scalb(1 + fraction, exponent - bias);
    return (bits & sign) == 0 ? magnitude : -magnitude;
  }
}
