package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.format.Quantization;
import io.github.checkpoint4j.state.Dtype;
import io.github.checkpoint4j.state.QuantizedTensor;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.state.Value;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Optional;

/** A tensor, plain or quantized, as the verbs look at it. */
final class NumericArray {
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final Value value;
  private final String type;
  private final long[] shape;
  private final MemorySegment bytes;
  private final Optional<Elements> elements;

  private NumericArray(
      Value value, String type, long[] shape, MemorySegment bytes, Optional<Elements> elements) {
    this.value = value;
    this.type = type;
    this.shape = shape;
    this.bytes = bytes;
    this.elements = elements;
  }

  /** The tensor that a value is; empty if it is none. */
  static Optional<NumericArray> of(Value value) {
    return switch (value) {
      case Tensor tensor ->
          Optional.of(
              new NumericArray(
                  tensor,
                  tensor.dtype().name(),
                  tensor.shape(),
                  tensor.bytes(),
                  Elements.of(tensor.dtype())));
      case QuantizedTensor tensor ->
          Optional.of(
              new NumericArray(
                  tensor,
                  tensor.quantization(),
                  tensor.shape(),
                  tensor.bytes(),
                  Quantization.of(tensor).map(quantization -> quantization::at)));
      default -> Optional.empty();
    };
  }

  /**
   * The tensor as plain numbers: itself, or if it is quantized what its blocks give, as F32.
   *
   * @param name its name, for messages
   * @param spool memory for the numbers
   * @throws RefusedException if it is quantized in a way whose numbers are not computed here
   * @throws IOException if there is no space for them
   */
  static Tensor plain(String name, Value value, Spool spool) throws IOException {
    if (value instanceof Tensor tensor) {
      return tensor;
    }
    NumericArray array = of(value).orElseThrow();
    Elements elements =
        array.elements.orElseThrow(
            () ->
                new RefusedException(
                    "'%s' is quantized as %s, whose numbers are not computed here; leave it out with --only, or give a file of F32, F16 or Q8_0"
                        .formatted(name, array.type)));
    long count = array.elementCount();
    MemorySegment numbers = spool.allocate(Dtype.F32.byteSize(count));
    for (long i = 0; i < count; i++) {
      numbers.setAtIndex(FLOAT, i, (float) elements.at(array.bytes, i));
    }
    return Tensor.of(Dtype.F32, array.shape, numbers);
  }

  /** The value itself. */
  Value value() {
    return value;
  }

  /** The dtype, or what the quantization is called. */
  String type() {
    return type;
  }

  long[] shape() {
    return shape.clone();
  }

  long elementCount() {
    return Tensor.elementCount(shape);
  }

  /** The elements, or the blocks of a quantized tensor. */
  MemorySegment bytes() {
    return bytes;
  }

  /** The numbers one by one; empty if they are complex, or quantized in a way not known here. */
  Optional<Elements> elements() {
    return elements;
  }

  /** Whether the other is of the same type and shape and has the same bytes. */
  boolean hasSameBytes(NumericArray other) {
    return type.equals(other.type)
        && Arrays.equals(shape, other.shape)
        && bytes.mismatch(other.bytes) == -1;
  }
}
