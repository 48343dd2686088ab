package io.github.checkpoint4j.keras.layers;

import io.github.checkpoint4j.state.Dtype;
import io.github.checkpoint4j.state.StateMismatchException;
import io.github.checkpoint4j.state.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;

/**
 * A recurrent layer's one bias in Keras; in PyTorch there are two, which are always added: on the
 * way there the second is zero, on the way back it is added to the first.
 *
 * @param input the first's name
 * @param hidden the second's name
 */
record SummedBias(String input, String hidden) implements Counterpart {
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfDouble DOUBLE =
      ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  @Override
  public Map<String, Shape> shapes(Shape keras) {
    return Counterpart.pair(input, keras, hidden, keras);
  }

  @Override
  public Map<String, Tensor> toTorch(Tensor keras, SegmentAllocator memory) {
    MemorySegment zeros = memory.allocate(keras.byteSize(), 8).fill((byte) 0);
    return Counterpart.pair(input, keras, hidden, Tensor.of(keras.dtype(), keras.shape(), zeros));
  }

  /** The sum; the first itself if the second is zero. */
  @Override
  public Tensor toKeras(Map<String, Tensor> torch, SegmentAllocator memory) {
    Tensor first = Objects.requireNonNull(torch.get(input));
    Tensor second = Objects.requireNonNull(torch.get(hidden));
    if (isZero(second.bytes())) {
      return first;
    }
    Dtype dtype = first.dtype();
    if (dtype != second.dtype() || (dtype != Dtype.F32 && dtype != Dtype.F64)) {
      throw new StateMismatchException(
          "tensors '%s' and '%s' are added in Keras's bias, and are %s and %s; convert both to F32"
              .formatted(input, hidden, dtype, second.dtype()));
    }
    MemorySegment sum = memory.allocate(first.byteSize(), 8);
    for (long i = 0; i < first.elementCount(); i++) {
      if (dtype == Dtype.F32) {
        float added = first.bytes().getAtIndex(FLOAT, i) + second.bytes().getAtIndex(FLOAT, i);
        sum.setAtIndex(FLOAT, i, added);
      } else {
        double added = first.bytes().getAtIndex(DOUBLE, i) + second.bytes().getAtIndex(DOUBLE, i);
        sum.setAtIndex(DOUBLE, i, added);
      }
    }
    return Tensor.of(dtype, first.shape(), sum);
  }

  private static boolean isZero(MemorySegment bytes) {
    for (long i = 0; i < bytes.byteSize(); i++) {
      if (bytes.get(ValueLayout.JAVA_BYTE, i) != 0) {
        return false;
      }
    }
    return true;
  }

  @Override
  public Counterpart renamed(UnaryOperator<String> change) {
    return new SummedBias(change.apply(input), change.apply(hidden));
  }

  /** The gradients of both are the same. */
  @Override
  public Counterpart ofGradient() {
    return Single.same(input);
  }
}
