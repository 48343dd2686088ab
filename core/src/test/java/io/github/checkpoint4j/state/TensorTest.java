package io.github.checkpoint4j.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class TensorTest {

  @Property(tries = 50)
  void floats_come_back_bit_for_bit(@ForAll float[] values) {
    float[] read = Tensor.ofFloats(values, values.length).toFloats();
    assertThat(read).hasSameSizeAs(values);
    for (int i = 0; i < values.length; i++) {
      assertThat(Float.floatToRawIntBits(read[i])).isEqualTo(Float.floatToRawIntBits(values[i]));
    }
  }

  @Property(tries = 50)
  void longs_come_back(@ForAll long[] values) {
    assertThat(Tensor.ofLongs(values, values.length).toLongs()).containsExactly(values);
  }

  @Test
  void elements_are_little_endian() {
    assertThat(Tensor.ofFloats(new float[] {1.5f}, 1).toByteArray())
        .containsExactly(0, 0, 0xc0, 0x3f);
    assertThat(Tensor.ofLongs(new long[] {0x0102}, 1).toByteArray())
        .containsExactly(2, 1, 0, 0, 0, 0, 0, 0);
  }

  @Test
  void thirty_two_bit_numbers_are_read_as_longs() {
    MemorySegment bytes = MemorySegment.ofArray(new byte[] {-1, -1, -1, -1, 2, 0, 0, 0});
    assertThat(Tensor.of(Dtype.I32, new long[] {2}, bytes).toLongs()).containsExactly(-1, 2);
  }

  @Test
  void a_scalar_has_no_dimension_and_one_element() {
    Tensor scalar = Tensor.scalar(2.5f);
    assertThat(scalar.shape()).isEmpty();
    assertThat(scalar.elementCount()).isEqualTo(1);
    assertThat(scalar.toFloats()).containsExactly(2.5f);
    assertThat(scalar).hasToString("F32[]");
  }

  @Test
  void a_dimension_of_zero_makes_it_empty() {
    assertThat(Tensor.elementCount(3, 0, 2)).isZero();
    assertThat(Tensor.elementCount(Long.MAX_VALUE, Long.MAX_VALUE, 0)).isZero();
    assertThat(Tensor.ofFloats(new float[0], 3, 0).byteSize()).isZero();
  }

  @Test
  void a_product_over_a_long_is_refused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Tensor.elementCount(1L << 32, 1L << 32))
        .withMessage("shape [4294967296, 4294967296] has more elements than a long holds");
  }

  @Test
  void bytes_over_a_long_are_refused() {
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> Tensor.of(Dtype.F32, new long[] {1L << 62}, MemorySegment.ofArray(new byte[0])))
        .withMessage("shape [4611686018427387904] of F32 takes more bytes than a long holds");
  }

  @Test
  void a_negative_dimension_is_refused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Tensor.elementCount(0, -1))
        .withMessage("negative dimension in shape [0, -1]");
  }

  @Test
  void bytes_of_another_size_are_refused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Tensor.ofFloats(new float[3], 2, 2))
        .withMessage("shape [2, 2] of F32 takes 16 bytes, not 12");
  }

  @Test
  void elements_of_half_a_byte_are_refused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Tensor.of(Dtype.F4, new long[] {3}, MemorySegment.ofArray(new byte[2])))
        .withMessage("3 elements of F4 do not fill whole bytes");
  }

  @Test
  void it_is_a_window_on_its_bytes_that_cannot_be_written_through() {
    byte[] memory = {1, 2};
    Tensor tensor = Tensor.of(Dtype.U8, new long[] {2}, MemorySegment.ofArray(memory));
    memory[1] = 9;
    assertThat(tensor.bytes().get(ValueLayout.JAVA_BYTE, 1)).isEqualTo((byte) 9);
    assertThat(tensor.bytes().isReadOnly()).isTrue();
  }

  @Test
  void what_is_given_as_an_array_is_copied() {
    byte[] bytes = {1, 2};
    float[] floats = {1};
    long[] shape = {1};
    Tensor ofBytes = Tensor.ofBytes(bytes);
    Tensor ofFloats = Tensor.ofFloats(floats, shape);
    bytes[0] = 9;
    floats[0] = 9;
    shape[0] = 9;
    ofFloats.shape()[0] = 9;
    assertThat(ofBytes.toByteArray()).containsExactly(1, 2);
    assertThat(ofFloats.toFloats()).containsExactly(1);
    assertThat(ofFloats.shape()).containsExactly(1);
  }

  @Test
  void elements_of_another_dtype_are_not_read() {
    assertThatIllegalStateException()
        .isThrownBy(() -> Tensor.ofBytes(new byte[4]).toFloats())
        .withMessage("the tensor's dtype is U8, not F32");
    assertThatIllegalStateException()
        .isThrownBy(() -> Tensor.scalar(1).toLongs())
        .withMessage("the tensor's dtype is F32, not I64");
  }

  @Test
  void same_bytes_means_same_dtype_shape_and_bytes() {
    Tensor tensor = Tensor.ofFloats(new float[] {1, Float.NaN}, 2);
    MemorySegment bytes = tensor.bytes();
    assertThat(tensor.hasSameBytes(Tensor.ofFloats(new float[] {1, Float.NaN}, 2))).isTrue();
    assertThat(tensor.hasSameBytes(Tensor.of(Dtype.F32, new long[] {2, 1}, bytes))).isFalse();
    assertThat(tensor.hasSameBytes(Tensor.of(Dtype.I32, new long[] {2}, bytes))).isFalse();
    assertThat(tensor.hasSameBytes(Tensor.ofFloats(new float[] {1, 2}, 2))).isFalse();
    assertThat(tensor).isNotEqualTo(Tensor.of(Dtype.F32, new long[] {2}, bytes));
  }

  @Test
  void it_is_shown_as_its_dtype_and_shape() {
    assertThat(Tensor.ofFloats(new float[6], 2, 3)).hasToString("F32[2, 3]");
  }
}
