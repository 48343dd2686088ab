package io.github.checkpoint4j.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigDecimal;
import java.nio.ByteOrder;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class CastTest {
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfDouble DOUBLE =
      ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  @Test
  void every_half_comes_back_through_every_wider_dtype() {
    MemorySegment halves = everyShort();
    for (Dtype wider : new Dtype[] {Dtype.F32, Dtype.F64}) {
      MemorySegment back = cast(Dtype.F16, wider, halves);
      assertSameNumbers(Dtype.F16, cast(wider, Dtype.F16, back), halves);
    }
  }

  @Test
  void every_bfloat16_comes_back_through_every_wider_dtype() {
    MemorySegment brains = everyShort();
    for (Dtype wider : new Dtype[] {Dtype.F32, Dtype.F64}) {
      MemorySegment back = cast(Dtype.BF16, wider, brains);
      assertSameNumbers(Dtype.BF16, cast(wider, Dtype.BF16, back), brains);
    }
  }

  @Test
  void ties_go_to_the_even_number() {
    assertThat(half(1 + 0x1p-11)).isEqualTo(1);
    assertThat(half(1 + 3 * 0x1p-11)).isEqualTo(1 + 0x1p-9);
    assertThat(brain(1 + 0x1p-8)).isEqualTo(1);
    assertThat(brain(1 + 3 * 0x1p-8)).isEqualTo(1 + 0x1p-6);
  }

  @Test
  void a_double_just_over_a_tie_is_rounded_up_and_not_first_to_the_tie() {
    assertThat(half(1 + 0x1p-11 + 0x1p-40)).isEqualTo(1 + 0x1p-10);
    assertThat(brain(1 + 0x1p-8 + 0x1p-40)).isEqualTo(1 + 0x1p-7);
    assertThat(half(-1 - 0x1p-11 - 0x1p-40)).isEqualTo(-1 - 0x1p-10);
    assertThat(half(0x1p-25 + 0x1p-70)).isEqualTo(0x1p-24);
  }

  @Test
  void the_largest_numbers_stay_finite_and_what_is_nearer_to_the_next_becomes_infinite() {
    assertThat(half(65504)).isEqualTo(65504);
    assertThat(half(65519.999)).isEqualTo(65504);
    assertThat(half(65520)).isInfinite();
    assertThat(half(1e300)).isInfinite();
    assertThat(brain(Float.MAX_VALUE)).isInfinite();
    assertThat(brain(0x1.FEp127)).isEqualTo(0x1.FEp127);
  }

  @Test
  void finite_numbers_that_became_infinite_are_counted_and_infinities_and_nan_are_not() {
    MemorySegment values =
        Tensor.ofFloats(
                new float[] {
                  1e6f, -1e6f, 1, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, Float.NaN
                },
                6)
            .bytes();
    MemorySegment target = MemorySegment.ofArray(new byte[12]);
    assertThat(Cast.between(Dtype.F32, Dtype.F16).apply(values, target)).isEqualTo(2);
    assertThat(Float.float16ToFloat(target.get(SHORT, 2))).isEqualTo(Float.NEGATIVE_INFINITY);
    assertThat(Float.float16ToFloat(target.get(SHORT, 10))).isNaN();
  }

  @Test
  void nan_stays_nan_also_if_only_its_lower_bits_are_set() {
    MemorySegment nan = MemorySegment.ofArray(new byte[4]);
    nan.set(ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), 0, 0x7F800001);
    MemorySegment brain = cast(Dtype.F32, Dtype.BF16, nan);
    assertThat(Float.intBitsToFloat(brain.get(SHORT, 0) << 16)).isNaN();
    MemorySegment half = cast(Dtype.F32, Dtype.F16, nan);
    assertThat(Float.float16ToFloat(half.get(SHORT, 0))).isNaN();
  }

  @Test
  void zeros_keep_their_sign() {
    assertThat(half(-0.0)).isEqualTo(-0.0);
    assertThat(brain(-0.0)).isEqualTo(-0.0);
    assertThat(half(-1e-30)).isEqualTo(-0.0);
  }

  @Property
  void no_half_is_nearer_to_a_double_than_what_it_becomes(@ForAll double value) {
    double scaled = value % 70000;
    assertNearest(scaled, half(scaled), 0x1p-24);
  }

  @Property
  void no_bfloat16_is_nearer_to_a_double_than_what_it_becomes(@ForAll float value) {
    double spread = value * (1 + 0x1p-30);
    if (Math.abs(spread) < 0x1p127) {
      short bits = brainBits(spread);
      BigDecimal error = distance(spread, brain(spread));
      for (int step : new int[] {-1, 1}) {
        float neighbour = Float.intBitsToFloat((short) (bits + step) << 16);
        if (Float.isFinite(neighbour)) {
          assertThat(distance(spread, neighbour)).isGreaterThanOrEqualTo(error);
        }
      }
    }
  }

  @Test
  void dtypes_that_are_not_cast_are_refused_with_those_that_are() {
    assertThatThrownBy(() -> Cast.between(Dtype.I64, Dtype.F32))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("I64 is not cast to F32; F64, F32, F16 and BF16 are, each to each");
    assertThatThrownBy(() -> Cast.between(Dtype.F32, Dtype.F8_E4M3))
        .hasMessage("F32 is not cast to F8_E4M3; F64, F32, F16 and BF16 are, each to each");
  }

  @Test
  void memory_of_another_size_is_refused() {
    Cast cast = Cast.between(Dtype.F32, Dtype.F16);
    MemorySegment ten = MemorySegment.ofArray(new byte[10]);
    MemorySegment eight = MemorySegment.ofArray(new byte[8]);
    assertThatThrownBy(() -> cast.apply(ten, eight))
        .hasMessage("10 bytes of F32 do not become 8 bytes of F16");
    assertThatThrownBy(() -> cast.apply(eight, eight))
        .hasMessage("8 bytes of F32 do not become 8 bytes of F16");
  }

  private static void assertNearest(double value, double cast, double least) {
    double ulp = Math.max(least, Math.abs(cast) * 0x1p-11);
    if (Double.isFinite(cast)) {
      assertThat(Math.abs(value - cast)).isLessThanOrEqualTo(ulp);
    }
    short bits = halfBits(value);
    for (int step : new int[] {-1, 1}) {
      float neighbour = Float.float16ToFloat((short) (bits + step));
      if (Float.isFinite(neighbour) && Double.isFinite(cast)) {
        assertThat(distance(value, neighbour)).isGreaterThanOrEqualTo(distance(value, cast));
      }
    }
  }

  private static BigDecimal distance(double a, double b) {
    return new BigDecimal(a).subtract(new BigDecimal(b)).abs();
  }

  private static MemorySegment everyShort() {
    MemorySegment all = MemorySegment.ofArray(new byte[1 << 17]);
    for (int i = 0; i < 1 << 16; i++) {
      all.set(SHORT, 2L * i, (short) i);
    }
    return all;
  }

  /** NaN need not keep its other bits. */
  private static void assertSameNumbers(Dtype dtype, MemorySegment found, MemorySegment expected) {
    MemorySegment a = cast(dtype, Dtype.F32, found);
    MemorySegment b = cast(dtype, Dtype.F32, expected);
    for (long at = 0; at < a.byteSize(); at += 4) {
      assertThat(a.get(FLOAT, at)).isEqualTo(Float.valueOf(b.get(FLOAT, at)));
    }
  }

  private static MemorySegment cast(Dtype from, Dtype to, MemorySegment source) {
    long count = source.byteSize() * 8 / from.bits();
    MemorySegment target = MemorySegment.ofArray(new byte[(int) to.byteSize(count)]);
    Cast.between(from, to).apply(source, target);
    return target;
  }

  private static MemorySegment bytes(double value) {
    MemorySegment bytes = MemorySegment.ofArray(new byte[8]);
    bytes.set(DOUBLE, 0, value);
    return bytes;
  }

  private static short halfBits(double value) {
    return cast(Dtype.F64, Dtype.F16, bytes(value)).get(SHORT, 0);
  }

  private static short brainBits(double value) {
    return cast(Dtype.F64, Dtype.BF16, bytes(value)).get(SHORT, 0);
  }

  private static double half(double value) {
    return Float.float16ToFloat(halfBits(value));
  }

  private static double brain(double value) {
    return Float.intBitsToFloat(brainBits(value) << 16);
  }
}
