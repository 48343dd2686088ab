package io.github.checkpoint4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.checkpoint4j.state.Cast;
import io.github.checkpoint4j.state.Dtype;
import io.github.checkpoint4j.state.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class TensorDifferenceTest {
  private static TensorDifference of(float[] before, float[] after) {
    return of(Tensor.ofFloats(before, before.length), Tensor.ofFloats(after, after.length))
        .orElseThrow();
  }

  private static Optional<TensorDifference> of(Tensor before, Tensor after) {
    return TensorDifference.of(
        NumericArray.of(before).orElseThrow(), NumericArray.of(after).orElseThrow());
  }

  @Test
  void norms_and_the_largest_change_with_its_place() {
    TensorDifference difference = of(new float[] {3, 4, 1}, new float[] {3, 2, 0});

    assertThat(difference.before()).isEqualTo(Math.sqrt(26));
    assertThat(difference.after()).isEqualTo(Math.sqrt(13));
    assertThat(difference.change()).isEqualTo(Math.sqrt(5));
    assertThat(difference.largest()).isEqualTo(2);
    assertThat(difference.at()).isEqualTo(1);
    assertThat(difference.changed()).isEqualTo(2);
    assertThat(difference.relative()).hasValueCloseTo(Math.sqrt(5.0 / 26), within(1e-12));
  }

  @Test
  void nan_is_the_same_as_nan_and_what_is_not_finite_in_one_is_counted() {
    float nan = Float.NaN;
    float infinity = Float.POSITIVE_INFINITY;
    TensorDifference difference =
        of(
            new float[] {nan, nan, 1, infinity, infinity},
            new float[] {nan, 1, nan, infinity, -infinity});

    assertThat(difference.changed()).isEqualTo(3);
    assertThat(difference.notFinite()).isEqualTo(2);
    assertThat(difference.largest()).isZero();
    assertThat(difference.change()).isZero();
  }

  @Test
  void negative_zero_is_zero() {
    assertThat(of(new float[] {0f}, new float[] {-0f}).changed()).isZero();
  }

  @Test
  void a_change_from_zeros_has_no_relative_size() {
    assertThat(of(new float[] {0, 0}, new float[] {1, 0}).relative()).isEmpty();
  }

  @Test
  void two_dtypes_are_compared_by_their_numbers() {
    Tensor wide = Tensor.ofFloats(new float[] {1, 0.1f}, 2);
    MemorySegment half = MemorySegment.ofArray(new byte[4]);
    Cast.between(Dtype.F32, Dtype.F16).apply(wide.bytes(), half);

    TensorDifference difference =
        of(wide, Tensor.of(Dtype.F16, new long[] {2}, half)).orElseThrow();

    assertThat(difference.changed()).isEqualTo(1);
    assertThat(difference.largest()).isLessThan(1e-4).isPositive();
  }

  @Test
  void another_shape_or_a_complex_number_is_not_compared() {
    Tensor flat = Tensor.ofFloats(new float[4], 4);
    Tensor square = Tensor.ofFloats(new float[4], 2, 2);
    Tensor complex = Tensor.of(Dtype.C64, new long[] {2}, MemorySegment.ofArray(new byte[16]));

    assertThat(of(flat, square)).isEmpty();
    assertThat(of(complex, complex)).isEmpty();
  }

  @Test
  void a_place_is_an_index_of_each_dimension() {
    assertThat(TensorDifference.place(0, new long[] {})).isEqualTo("[]");
    assertThat(TensorDifference.place(7, new long[] {9})).isEqualTo("[7]");
    assertThat(TensorDifference.place(23, new long[] {2, 3, 4})).isEqualTo("[1, 2, 3]");
  }
}
