package io.github.checkpoint4j.state;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The type of a tensor's elements, under the names that safetensors uses, and after them those that
 * safetensors lacks.
 *
 * <p>The order of the constants is that of the {@code Dtype} enum of the safetensors crate: writers
 * sort tensors by it, widest alignment first.
 *
 * @see <a href="https://github.com/huggingface/safetensors">safetensors/src/tensor.rs</a>
 */
public enum Dtype {
  BOOL(8),
  /** Two elements a byte: MXFP4, 1 sign, 2 exponent and 1 mantissa bits. */
  F4(4),
  /** Four elements in three bytes: MXFP6 with 2 exponent bits. */
  F6_E2M3(6),
  /** Four elements in three bytes: MXFP6 with 3 exponent bits. */
  F6_E3M2(6),
  U8(8),
  I8(8),
  F8_E5M2(8),
  F8_E4M3(8),
  F8_E8M0(8),
  F8_E4M3FNUZ(8),
  F8_E5M2FNUZ(8),
  I16(16),
  U16(16),
  F16(16),
  BF16(16),
  I32(32),
  U32(32),
  F32(32),
  /** Two {@link #F32}, real part first. */
  C64(64),
  F64(64),
  I64(64),
  U64(64),
  /** Two {@link #F16}, real part first; not in safetensors. */
  C32(32),
  /** Two {@link #F64}, real part first; not in safetensors. */
  C128(128);

  private final int bits;

  Dtype(int bits) {
    this.bits = bits;
  }

  /** Bits of one element. */
  public int bits() {
    return bits;
  }

  /**
   * Bytes that {@code elements} elements take.
   *
   * @throws ArithmeticException if the count is over {@link Long#MAX_VALUE}
   * @throws IllegalArgumentException if the elements do not fill whole bytes
   */
  public long byteSize(long elements) {
    if (bits % 8 == 0) {
      return Math.multiplyExact(elements, (long) (bits / 8));
    }
    long total = Math.multiplyExact(elements, (long) bits);
    if (total % 8 != 0) {
      throw new IllegalArgumentException(
          elements + " elements of " + this + " do not fill whole bytes");
    }
    return total / 8;
  }

  /** Whether a safetensors file can hold it. */
  public boolean isInSafeTensors() {
    return compareTo(U64) <= 0;
  }

  /** The dtypes that a safetensors file can hold, in their order there. */
  public static List<Dtype> ofSafeTensors() {
    return Stream.of(values()).filter(Dtype::isInSafeTensors).toList();
  }

  /** The dtype that safetensors calls {@code name}; empty if there is none. */
  public static Optional<Dtype> named(String name) {
    return ofSafeTensors().stream().filter(dtype -> dtype.name().equals(name)).findFirst();
  }
}
