package io.github.checkpoint4j.state;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * An array of numbers: a {@link Dtype}, a shape, and the elements in row-major order,
 * little-endian, without gaps.
 *
 * <p>The bytes are not copied: a tensor may be a window on a mapped file or on another library's
 * memory, and lives as long as that does. Whoever makes it says how long that is. Two tensors are
 * equal if they are the same object; compare the bytes with {@link #hasSameBytes}.
 */
public final class Tensor implements Value {
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final Dtype dtype;
  private final long[] shape;
  private final long elements;
  private final MemorySegment bytes;

  private Tensor(Dtype dtype, long[] shape, long elements, MemorySegment bytes) {
    this.dtype = dtype;
    this.shape = shape;
    this.elements = elements;
    this.bytes = bytes;
  }

  /**
   * A tensor over {@code bytes}.
   *
   * @param shape the dimensions, outermost first; empty for a scalar
   * @param bytes the elements, row-major and little-endian; just as many bytes as they take
   * @throws IllegalArgumentException if a dimension is negative, the number of bytes is not an
   *     exact {@code long}, or {@code bytes} has another size
   */
  public static Tensor of(Dtype dtype, long[] shape, MemorySegment bytes) {
    long elements = elementCount(shape);
    long expected;
    try {
      expected = dtype.byteSize(elements);
    } catch (ArithmeticException e) {
      throw new IllegalArgumentException(
          "shape "
              + Arrays.toString(shape)
              + " of "
              + dtype
              + " takes more bytes than a long holds",
          e);
    }
    if (bytes.byteSize() != expected) {
      throw new IllegalArgumentException(
          "shape "
              + Arrays.toString(shape)
              + " of "
              + dtype
              + " takes "
              + expected
              + " bytes, not "
              + bytes.byteSize());
    }
    return new Tensor(dtype, shape.clone(), elements, bytes.asReadOnly());
  }

  /** A tensor of {@link Dtype#F32} with a copy of {@code values}. */
  public static Tensor ofFloats(float[] values, long... shape) {
    MemorySegment copy = MemorySegment.ofArray(new byte[Math.multiplyExact(values.length, 4)]);
    MemorySegment.copy(values, 0, copy, FLOAT, 0, values.length);
    return of(Dtype.F32, shape, copy);
  }

  /** A tensor of {@link Dtype#I64} with a copy of {@code values}. */
  public static Tensor ofLongs(long[] values, long... shape) {
    MemorySegment copy = MemorySegment.ofArray(new byte[Math.multiplyExact(values.length, 8)]);
    MemorySegment.copy(values, 0, copy, LONG, 0, values.length);
    return of(Dtype.I64, shape, copy);
  }

  /** A tensor of {@link Dtype#U8}, of one dimension, with a copy of {@code values}. */
  public static Tensor ofBytes(byte[] values) {
    return of(Dtype.U8, new long[] {values.length}, MemorySegment.ofArray(values.clone()));
  }

  /** A scalar of {@link Dtype#F32}, of no dimension. */
  public static Tensor scalar(float value) {
    return ofFloats(new float[] {value});
  }

  /**
   * The number of elements a shape has: the product of its dimensions, 1 for a scalar.
   *
   * @throws IllegalArgumentException if a dimension is negative or the product is over {@link
   *     Long#MAX_VALUE}
   */
  public static long elementCount(long... shape) {
    boolean empty = false;
    for (long dimension : shape) {
      if (dimension < 0) {
        throw new IllegalArgumentException("negative dimension in shape " + Arrays.toString(shape));
      }
      empty |= dimension == 0;
    }
    long count = empty ? 0 : 1;
    for (long dimension : shape) {
      try {
        count = Math.multiplyExact(count, dimension);
      } catch (ArithmeticException e) {
        throw new IllegalArgumentException(
            "shape " + Arrays.toString(shape) + " has more elements than a long holds", e);
      }
    }
    return count;
  }

  public Dtype dtype() {
    return dtype;
  }

  /** The dimensions, outermost first; empty for a scalar. */
  public long[] shape() {
    return shape.clone();
  }

  public long elementCount() {
    return elements;
  }

  public long byteSize() {
    return bytes.byteSize();
  }

  /** The elements, row-major and little-endian, read-only; not a copy. */
  public MemorySegment bytes() {
    return bytes;
  }

  /** Whether the other tensor has the same dtype, the same shape and the same bytes. */
  public boolean hasSameBytes(Tensor other) {
    return dtype == other.dtype
        && Arrays.equals(shape, other.shape)
        && bytes.mismatch(other.bytes) == -1;
  }

  /**
   * The elements as floats, copied.
   *
   * @throws IllegalStateException if the dtype is not {@link Dtype#F32}
   * @throws ArithmeticException if there are more than an array holds
   */
  public float[] toFloats() {
    require(Dtype.F32);
    float[] copy = new float[Math.toIntExact(elements)];
    MemorySegment.copy(bytes, FLOAT, 0, copy, 0, copy.length);
    return copy;
  }

  /**
   * The elements as longs, copied.
   *
   * @throws IllegalStateException if the dtype is neither {@link Dtype#I64} nor {@link Dtype#I32}
   * @throws ArithmeticException if there are more than an array holds
   */
  public long[] toLongs() {
    long[] copy = new long[Math.toIntExact(elements)];
    if (dtype == Dtype.I32) {
      for (int i = 0; i < copy.length; i++) {
        copy[i] = bytes.getAtIndex(INT, i);
      }
      return copy;
    }
    require(Dtype.I64);
    MemorySegment.copy(bytes, LONG, 0, copy, 0, copy.length);
    return copy;
  }

  /**
   * The bytes, copied to the heap.
   *
   * @throws ArithmeticException if there are more than an array holds
   */
  public byte[] toByteArray() {
    byte[] copy = new byte[Math.toIntExact(bytes.byteSize())];
    MemorySegment.copy(bytes, ValueLayout.JAVA_BYTE, 0, copy, 0, copy.length);
    return copy;
  }

  private void require(Dtype expected) {
    if (dtype != expected) {
      throw new IllegalStateException("the tensor's dtype is " + dtype + ", not " + expected);
    }
  }

  /** Dtype and shape, for instance {@code F32[384, 1536]}. */
  @Override
  public String toString() {
    return dtype + Arrays.toString(shape);
  }
}
