package io.github.checkpoint4j.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class DtypeTest {

  @ParameterizedTest
  @EnumSource(
      mode = EnumSource.Mode.EXCLUDE,
      names = {"C32", "C128"})
  void a_dtype_is_found_by_the_name_it_has_in_safetensors(Dtype dtype) {
    assertThat(Dtype.named(dtype.name())).contains(dtype);
    assertThat(Dtype.ofSafeTensors()).contains(dtype);
    assertThat(dtype.isInSafeTensors()).isTrue();
  }

  @ParameterizedTest
  @EnumSource(names = {"C32", "C128"})
  void a_dtype_that_safetensors_lacks_is_not_found_there(Dtype dtype) {
    assertThat(Dtype.named(dtype.name())).isEmpty();
    assertThat(Dtype.ofSafeTensors()).doesNotContain(dtype);
    assertThat(dtype.isInSafeTensors()).isFalse();
  }

  @Test
  void an_unknown_name_finds_nothing() {
    assertThat(Dtype.named("f32")).isEmpty();
    assertThat(Dtype.named("")).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "BOOL, 3, 3",
    "F4, 6, 3",
    "F4, 0, 0",
    "F6_E2M3, 4, 3",
    "F6_E3M2, 8, 6",
    "F8_E4M3, 5, 5",
    "BF16, 5, 10",
    "F32, 5, 20",
    "C64, 5, 40",
    "C32, 5, 20",
    "C128, 5, 80",
    "U64, 5, 40",
    "F64, 0, 0",
    "U8, 9223372036854775807, 9223372036854775807",
  })
  void elements_take_bytes(Dtype dtype, long elements, long bytes) {
    assertThat(dtype.byteSize(elements)).isEqualTo(bytes);
  }

  @ParameterizedTest
  @CsvSource({"F4, 1", "F4, 7", "F6_E2M3, 1", "F6_E2M3, 2", "F6_E3M2, 3"})
  void elements_that_do_not_fill_whole_bytes_are_refused(Dtype dtype, long elements) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> dtype.byteSize(elements))
        .withMessage(elements + " elements of " + dtype + " do not fill whole bytes");
  }

  @ParameterizedTest
  @CsvSource({
    "F16, 4611686018427387904",
    "F64, 1152921504606846976",
    "F4, 2305843009213693952",
    "F6_E2M3, 2305843009213693952",
  })
  void a_count_over_a_long_is_refused(Dtype dtype, long elements) {
    assertThatThrownBy(() -> dtype.byteSize(elements)).isInstanceOf(ArithmeticException.class);
  }
}
