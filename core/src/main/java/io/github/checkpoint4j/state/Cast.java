package io.github.checkpoint4j.state;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.EnumSet;
import java.util.Set;

/**
 * Numbers of one floating-point dtype as those of another: F64, F32, F16 and BF16 each to each.
 *
 * <p>A number that the other dtype lacks becomes the nearest it has, and of two that are as near
 * the one whose last bit is 0 (IEEE 754's roundTiesToEven). One that is too large becomes an
 * infinity; NaN stays NaN, a zero or infinity what it is, with its sign. Rounding happens once, so
 * that F64 becomes the same F16 as through no other dtype; PyTorch goes through F32 there.
 */
public final class Cast {
  private static final Set<Dtype> FLOATING =
      EnumSet.of(Dtype.F64, Dtype.F32, Dtype.F16, Dtype.BF16);

  private static final ValueLayout.OfDouble DOUBLE =
      ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final Dtype from;
  private final Dtype to;

  private Cast(Dtype from, Dtype to) {
    this.from = from;
    this.to = to;
  }

  /** Whether numbers of this dtype can be cast, and be cast to. */
  public static boolean isFloating(Dtype dtype) {
    return FLOATING.contains(dtype);
  }

  /**
   * The cast between two dtypes.
   *
   * @throws IllegalArgumentException if one is none of F64, F32, F16 and BF16
   */
  public static Cast between(Dtype from, Dtype to) {
    if (!isFloating(from) || !isFloating(to)) {
      throw new IllegalArgumentException(
          "%s is not cast to %s; F64, F32, F16 and BF16 are, each to each".formatted(from, to));
    }
    return new Cast(from, to);
  }

  /**
   * Casts all elements.
   *
   * @param source elements of the first dtype
   * @param target where those of the other go: memory of just their size
   * @return how many finite numbers became infinities
   * @throws IllegalArgumentException if the sizes do not fit
   */
  public long apply(MemorySegment source, MemorySegment target) {
    int width = from.bits() / 8;
    int wide = to.bits() / 8;
    long count = source.byteSize() / width;
    if (count * width != source.byteSize() || count * wide != target.byteSize()) {
      throw new IllegalArgumentException(
          "%d bytes of %s do not become %d bytes of %s"
              .formatted(source.byteSize(), from, target.byteSize(), to));
    }
    long overflows = 0;
    for (long i = 0; i < count; i++) {
      double value = get(source, i * width);
      double cast = put(target, i * wide, value);
      overflows += Double.isInfinite(cast) && !Double.isInfinite(value) ? 1 : 0;
    }
    return overflows;
  }

  private double get(MemorySegment source, long at) {
    return switch (from) {
      case F64 -> source.get(DOUBLE, at);
      case F32 -> source.get(FLOAT, at);
      case F16 -> Float.float16ToFloat(source.get(SHORT, at));
      default -> Float.intBitsToFloat(source.get(SHORT, at) << 16);
    };
  }

  /** Puts the nearest number, and returns it, or one that is infinite if it is. */
  private double put(MemorySegment target, long at, double value) {
    return switch (to) {
      case F64 -> {
        target.set(DOUBLE, at, value);
        yield value;
      }
      case F32 -> {
        target.set(FLOAT, at, (float) value);
        yield (float) value;
      }
      case F16 -> {
        short half = Float.floatToFloat16(toOdd(value));
        target.set(SHORT, at, half);
        yield Float.float16ToFloat(half);
      }
      default -> {
        int bits = Float.floatToRawIntBits(toOdd(value));
        int upper = (bits + 0x7FFF + (bits >>> 16 & 1)) >>> 16;
        short brain = Double.isNaN(value) ? (short) (bits >>> 16 | 0x40) : (short) upper;
        target.set(SHORT, at, brain);
        yield Float.intBitsToFloat(brain << 16);
      }
    };
  }

  /**
   * The float that rounds further as the double itself does: the value, if it is a float, or else
   * that of its two neighbours whose last bit is 1 (S. Boldo, G. Melquiond: Emulation of FMA and
   * correctly rounded sums: proved algorithms using rounding to odd, 2008).
   */
  private static float toOdd(double value) {
    float near = (float) value;
    int bits = Float.floatToRawIntBits(near);
    if (near == value || Double.isNaN(value) || (bits & 1) == 1) {
      return near;
    }
    return Float.intBitsToFloat(Math.abs((double) near) > Math.abs(value) ? bits - 1 : bits + 1);
  }
}
