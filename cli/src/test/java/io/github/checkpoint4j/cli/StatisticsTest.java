package io.github.checkpoint4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.checkpoint4j.state.Dtype;
import io.github.checkpoint4j.state.QuantizedTensor;
import io.github.checkpoint4j.state.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HexFormat;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StatisticsTest {
  @Test
  void of_floats_the_finite_ones_count_and_the_others_are_counted() {
    float nan = Float.NaN;
    float infinity = Float.POSITIVE_INFINITY;
    Tensor tensor =
        Tensor.ofFloats(new float[] {1, -3, 0, nan, 2, infinity, -infinity, -0f, nan}, 3, 3);

    Statistics statistics = Statistics.of(tensor).orElseThrow();

    assertThat(statistics.minimum()).hasValue(-3);
    assertThat(statistics.maximum()).hasValue(2);
    assertThat(statistics.mean()).hasValue(0);
    assertThat(statistics.deviation().getAsDouble()).isEqualTo(Math.sqrt(14.0 / 5), within(1e-12));
    assertThat(statistics.zeros()).isEqualTo(2);
    assertThat(statistics.nans()).isEqualTo(2);
    assertThat(statistics.infinities()).isEqualTo(2);
  }

  @Test
  void of_large_numbers_the_deviation_keeps_its_digits() {
    Tensor tensor = Tensor.ofLongs(new long[] {1_000_000_000_001L, 1_000_000_000_003L}, 2);

    assertThat(Statistics.of(tensor).orElseThrow().deviation()).hasValue(1);
  }

  @Test
  void of_nothing_there_is_no_mean() {
    Statistics statistics = Statistics.of(Tensor.ofFloats(new float[0], 0)).orElseThrow();

    assertThat(statistics.minimum()).isEmpty();
    assertThat(statistics.mean()).isEmpty();
    assertThat(statistics.deviation()).isEmpty();
  }

  /** One element each; the values are those of PyTorch's dtypes of the same name. */
  @ParameterizedTest
  @CsvSource({
    "BOOL, 01, 1",
    "U8, ff, 255",
    "I8, ff, -1",
    "I16, feff, -2",
    "U16, feff, 65534",
    "I32, ffffffff, -1",
    "U32, ffffffff, 4294967295",
    "I64, 0000000000000080, -9223372036854775808",
    "U64, ffffffffffffffff, 18446744073709551615",
    "F16, 003c, 1",
    "F16, 0100, 5.9604644775390625e-8",
    "BF16, 80bf, -1",
    "F32, 0000803f, 1",
    "F64, 000000000000f03f, 1",
    "F8_E5M2, 7b, 57344",
    "F8_E5M2, 01, 1.52587890625e-5",
    "F8_E4M3, 7e, 448",
    "F8_E4M3, 81, -0.001953125",
    "F8_E8M0, 7f, 1",
    "F8_E8M0, fe, 1.7014118346046923e38",
    "F8_E4M3FNUZ, 7f, 240",
    "F8_E4M3FNUZ, 01, 0.0009765625",
    "F8_E5M2FNUZ, ff, -57344",
    "F8_E5M2FNUZ, 01, 7.62939453125e-6"
  })
  void every_dtype_is_decoded(Dtype dtype, String bytes, double value) {
    Statistics statistics = Statistics.of(tensor(dtype, bytes)).orElseThrow();

    assertThat(statistics.mean()).hasValue(value);
  }

  @ParameterizedTest
  @CsvSource({
    "F16, 017e",
    "BF16, c07f",
    "F8_E5M2, 7d",
    "F8_E4M3, ff",
    "F8_E8M0, ff",
    "F8_E4M3FNUZ, 80",
    "F8_E5M2FNUZ, 80"
  })
  void every_not_a_number_is_found(Dtype dtype, String bytes) {
    assertThat(Statistics.of(tensor(dtype, bytes)).orElseThrow().nans()).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource({
    "F4, 2f, 2, -6, 1, -2.5",
    "F4, 07, 2, 0, 6, 3",
    "F6_E2M3, 1f0000, 4, 0, 7.5, 1.875",
    "F6_E2M3, 00000c, 4, 0, 0.375, 0.09375",
    "F6_E3M2, 1f0000, 4, 0, 28, 7",
    "F6_E3M2, 0000fc, 4, -28, 0, -7"
  })
  void types_below_eight_bits_are_unpacked(
      Dtype dtype, String bytes, long elements, double least, double greatest, double mean) {
    MemorySegment packed = MemorySegment.ofArray(HexFormat.of().parseHex(bytes));

    Statistics statistics =
        Statistics.of(Tensor.of(dtype, new long[] {elements}, packed)).orElseThrow();

    assertThat(statistics.minimum()).hasValue(least);
    assertThat(statistics.maximum()).hasValue(greatest);
    assertThat(statistics.mean()).hasValue(mean);
  }

  @Test
  void of_complex_numbers_there_are_the_norm_and_counts() {
    Tensor numbers =
        Tensor.ofFloats(
            new float[] {3, 4, 0, 0, Float.NaN, 1, Float.POSITIVE_INFINITY, 0, 0, 12}, 10);

    Statistics statistics =
        Statistics.of(Tensor.of(Dtype.C64, new long[] {5}, numbers.bytes())).orElseThrow();

    assertThat(statistics)
        .isEqualTo(
            new Statistics(
                OptionalDouble.empty(),
                OptionalDouble.empty(),
                OptionalDouble.empty(),
                OptionalDouble.empty(),
                13,
                1,
                1,
                1));
  }

  @Test
  void the_norm_is_that_of_the_finite_numbers() {
    Tensor numbers = Tensor.ofFloats(new float[] {3, Float.NaN, 4, Float.NEGATIVE_INFINITY}, 4);

    assertThat(Statistics.of(numbers).orElseThrow().norm()).isEqualTo(5);
  }

  @Test
  void every_dtype_has_statistics() {
    for (Dtype dtype : Dtype.values()) {
      MemorySegment zeros = MemorySegment.ofArray(new byte[dtype.bits()]);
      Statistics statistics = Statistics.of(Tensor.of(dtype, new long[] {8}, zeros)).orElseThrow();
      // The smallest number of E8M0 is no zero.
      assertThat(statistics.zeros()).as("%s", dtype).isEqualTo(dtype == Dtype.F8_E8M0 ? 0 : 8);
    }
  }

  @Test
  void quantized_numbers_have_them_if_they_are_computed_and_else_none() {
    MemorySegment block = MemorySegment.ofArray(new byte[34]);
    block.set(ValueLayout.JAVA_BYTE, 1, (byte) 0x3c); // 1 in half precision
    block.set(ValueLayout.JAVA_BYTE, 2, (byte) -3);
    QuantizedTensor known = QuantizedTensor.of("Q8_0", new long[] {32}, block);
    QuantizedTensor other = QuantizedTensor.of("Q8_K", new long[] {32}, block);

    assertThat(Statistics.of(known).orElseThrow().minimum()).hasValue(-3);
    assertThat(Statistics.of(other)).isEmpty();
  }

  private static Tensor tensor(Dtype dtype, String bytes) {
    return Tensor.of(dtype, new long[] {1}, MemorySegment.ofArray(HexFormat.of().parseHex(bytes)));
  }
}
