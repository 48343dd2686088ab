package io.github.checkpoint4j.state;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * An array of numbers that are kept in blocks of a quantization: {@code Q4_0} of GGUF for instance.
 * It has a shape, and bytes that are not its elements.
 *
 * <p>As of a {@link Tensor}, the bytes are not copied, and two are equal if they are the same
 * object.
 */
public final class QuantizedTensor implements Value {
  private final String quantization;
  private final long[] shape;
  private final long elements;
  private final MemorySegment bytes;

  private QuantizedTensor(String quantization, long[] shape, long elements, MemorySegment bytes) {
    this.quantization = quantization;
    this.shape = shape;
    this.elements = elements;
    this.bytes = bytes;
  }

  /**
   * A quantized tensor over {@code bytes}.
   *
   * @param quantization what its format calls it
   * @param shape the dimensions, outermost first
   * @throws IllegalArgumentException if a dimension is negative or the number of elements is over
   *     {@link Long#MAX_VALUE}
   */
  public static QuantizedTensor of(String quantization, long[] shape, MemorySegment bytes) {
    long elements = Tensor.elementCount(shape);
    return new QuantizedTensor(quantization, shape.clone(), elements, bytes.asReadOnly());
  }

  /** What its format calls the quantization. */
  public String quantization() {
    return quantization;
  }

  /** The dimensions, outermost first. */
  public long[] shape() {
    return shape.clone();
  }

  public long elementCount() {
    return elements;
  }

  /** The blocks, read-only; not a copy. */
  public MemorySegment bytes() {
    return bytes;
  }

  /** Whether the other has the same quantization, the same shape and the same bytes. */
  public boolean hasSameBytes(QuantizedTensor other) {
    return quantization.equals(other.quantization)
        && Arrays.equals(shape, other.shape)
        && bytes.mismatch(other.bytes) == -1;
  }

  /** Quantization and shape, for instance {@code Q4_0[384, 1536]}. */
  @Override
  public String toString() {
    return quantization + Arrays.toString(shape);
  }
}
