package io.github.checkpoint4j.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.state.Dtype;
import io.github.checkpoint4j.state.StateMismatchException;
import io.github.checkpoint4j.state.Tensor;
import java.lang.foreign.MemorySegment;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.FloatComplex;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

class NativeTensorsTest {

  private static Tensor counted(Dtype dtype, long... shape) {
    byte[] bytes = new byte[Math.toIntExact(dtype.byteSize(Tensor.elementCount(shape)))];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (dtype == Dtype.BOOL ? i % 2 : i + 1);
    }
    return Tensor.of(dtype, shape, MemorySegment.ofArray(bytes));
  }

  @ParameterizedTest
  @EnumSource(
      value = Dtype.class,
      mode = Mode.EXCLUDE,
      names = {"F6_E2M3", "F6_E3M2"})
  void every_dtype_of_libtorch_goes_there_and_back(Dtype dtype) {
    Tensor source = counted(dtype, 3, 4);
    try (var copy = NativeTensors.copyOf(source)) {
      assertThat(NativeTensors.dtype(copy.scalar_type())).isEqualTo(dtype);
      assertThat(NativeTensors.view(copy).hasSameBytes(source)).isTrue();
      Tensor other = counted(dtype, 4, 3);
      assertThatThrownBy(() -> NativeTensors.copyInto(other, copy))
          .isInstanceOf(StateMismatchException.class)
          .hasMessage("expected " + dtype + "[3, 4] and found " + dtype + "[4, 3]");
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Dtype.class,
      names = {"F6_E2M3", "F6_E3M2"})
  void six_bit_floats_are_refused(Dtype dtype) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> NativeTensors.copyOf(counted(dtype, 4)))
        .withMessage("libtorch has no element type for " + dtype + "; convert the tensor first");
  }

  @Test
  void four_bit_floats_need_an_even_last_dimension() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> NativeTensors.copyOf(counted(Dtype.F4, 2, 3)))
        .withMessage(
            "libtorch holds F4 in pairs along the last dimension, which is odd in F4[2, 3]");
  }

  @Test
  void a_view_shows_later_changes() {
    try (var tensor = torch.zeros(2, 2)) {
      Tensor view = NativeTensors.view(tensor);
      NativeTensors.copyInto(Tensor.ofFloats(new float[] {1, 2, 3, 4}, 2, 2), tensor);
      assertThat(view.toFloats()).containsExactly(1, 2, 3, 4);
    }
  }

  @Test
  void a_heap_copy_does_not_show_later_changes() {
    try (var rows = NativeTensors.copyOf(Tensor.ofLongs(new long[] {1, 2, 3, 4}, 2, 2));
        var columns = rows.t();
        var empty = torch.zeros(0, 3)) {
      Tensor copy = NativeTensors.heapCopy(columns);
      NativeTensors.copyInto(Tensor.ofLongs(new long[4], 2, 2), rows);
      assertThat(copy.toLongs()).containsExactly(1, 3, 2, 4);
      assertThat(copy.shape()).containsExactly(2, 2);
      assertThat(NativeTensors.heapCopy(empty).shape()).containsExactly(0, 3);
    }
  }

  @Test
  void what_does_not_fit_an_array_is_not_copied_to_the_heap() {
    // Expanded, it has more elements than it has memory.
    try (var one = torch.zeros(1);
        var many = one.expand(1L << 30)) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> NativeTensors.heapCopy(many))
          .withMessage("a tensor of 4294967296 bytes does not fit an array; take a view of it");
    }
  }

  @Test
  void a_view_outlives_the_tensor_and_its_scope() {
    Tensor view;
    try (var _ = new PointerScope()) {
      view = NativeTensors.view(NativeTensors.copyOf(Tensor.ofLongs(new long[] {7, 8, 9}, 3)));
    }
    try (var _ = new PointerScope()) {
      for (int i = 0; i < 100; i++) {
        torch.ones(3);
      }
    }
    assertThat(view.toLongs()).containsExactly(7, 8, 9);
  }

  @Test
  void a_transposed_tensor_is_seen_in_row_major_order_and_written_in_place() {
    try (var rows = NativeTensors.copyOf(Tensor.ofLongs(new long[] {1, 2, 3, 4, 5, 6}, 2, 3));
        var columns = rows.t()) {
      assertThat(NativeTensors.view(columns).shape()).containsExactly(3, 2);
      assertThat(NativeTensors.view(columns).toLongs()).containsExactly(1, 4, 2, 5, 3, 6);
      NativeTensors.copyInto(Tensor.ofLongs(new long[] {10, 20, 30, 40, 50, 60}, 3, 2), columns);
      assertThat(NativeTensors.view(rows).toLongs()).containsExactly(10, 30, 50, 20, 40, 60);
      assertThat(columns.isNull()).as("the target is still open").isFalse();
    }
  }

  @Test
  void a_row_of_a_larger_tensor_starts_at_its_own_offset() {
    try (var rows = NativeTensors.copyOf(Tensor.ofLongs(new long[] {1, 2, 3, 4}, 2, 2));
        var second = rows.get(1)) {
      Tensor view = NativeTensors.view(second);
      assertThat(view.toLongs()).containsExactly(3, 4);
      NativeTensors.copyInto(Tensor.ofLongs(new long[] {5, 6}, 2), second);
      assertThat(NativeTensors.view(rows).toLongs()).containsExactly(1, 2, 5, 6);
    }
  }

  @Test
  void a_conjugated_tensor_is_resolved() {
    try (var tensor = torch.full(new long[] {1}, new Scalar(new FloatComplex(1, 2)));
        var conjugate = tensor.conj()) {
      assertThat(conjugate.is_conj()).isTrue();
      Tensor view = NativeTensors.view(conjugate);
      assertThat(Tensor.of(Dtype.F32, new long[] {2}, view.bytes()).toFloats())
          .containsExactly(1, -2);
    }
  }

  @Test
  void a_scalar_has_no_dimension() {
    try (var scalar = NativeTensors.copyOf(Tensor.scalar(2.5f))) {
      assertThat(scalar.dim()).isZero();
      assertThat(scalar.item_float()).isEqualTo(2.5f);
      assertThat(NativeTensors.view(scalar).shape()).isEmpty();
    }
  }

  @Test
  void a_tensor_without_elements_keeps_its_shape() {
    Tensor empty = Tensor.ofFloats(new float[0], 0, 3);
    try (var copy = NativeTensors.copyOf(empty)) {
      assertThat(copy.shape()).containsExactly(0, 3);
      assertThat(NativeTensors.view(copy).hasSameBytes(empty)).isTrue();
      NativeTensors.copyInto(empty, copy);
    }
  }

  @Test
  void a_parameter_that_needs_gradients_can_be_written() {
    try (var parameter = torch.zeros(2);
        var doubled = parameter.set_requires_grad(true).slice()) {
      NativeTensors.copyInto(Tensor.ofFloats(new float[] {1, 2}, 2), doubled);
      assertThat(NativeTensors.view(parameter).toFloats()).containsExactly(1, 2);
    }
  }

  @Test
  void a_dtype_that_differs_is_refused() {
    try (var target = torch.zeros(2)) {
      assertThatThrownBy(() -> NativeTensors.copyInto(Tensor.ofLongs(new long[] {1, 2}, 2), target))
          .isInstanceOf(StateMismatchException.class)
          .hasMessage("expected F32[2] and found I64[2]");
    }
  }

  @Test
  void an_undefined_tensor_is_refused() {
    try (var undefined = new org.bytedeco.pytorch.Tensor()) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> NativeTensors.view(undefined))
          .withMessage("an undefined tensor has no elements");
    }
  }

  @Test
  void a_sparse_tensor_is_refused() {
    try (var dense = torch.ones(2);
        var sparse = dense.to_sparse()) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> NativeTensors.view(sparse))
          .withMessage("a tensor of layout Sparse; make it dense with to_dense()");
    }
  }

  @Test
  void an_element_type_without_a_dtype_is_refused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> NativeTensors.dtype(ScalarType.QInt8))
        .withMessage("a tensor of QInt8 cannot be part of a state dict; convert it first");
  }
}
