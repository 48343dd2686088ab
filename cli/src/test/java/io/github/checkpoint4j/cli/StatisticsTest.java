package io.github.checkpoint4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.checkpoint4j.state.Dtype;
import io.github.checkpoint4j.state.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

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
  @EnumSource(names = {"F4", "F6_E2M3", "F6_E3M2", "C64"})
  void there_are_none_for_complex_and_packed_types(Dtype dtype) {
    Tensor tensor = Tensor.of(dtype, new long[] {8}, MemorySegment.ofArray(new byte[dtype.bits()]));

    assertThat(Statistics.of(tensor)).isEmpty();
  }

  private static Tensor tensor(Dtype dtype, String bytes) {
    return Tensor.of(dtype, new long[] {1}, MemorySegment.ofArray(HexFormat.of().parseHex(bytes)));
  }
}
