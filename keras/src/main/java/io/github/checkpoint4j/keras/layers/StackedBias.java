package io.github.checkpoint4j.keras.layers;

import io.github.checkpoint4j.state.StateMismatchException;
import io.github.checkpoint4j.state.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;

/**
 * A GRU's biases of the input and of the hidden state: in Keras the rows of one variable, in
 * PyTorch two tensors.
 *
 * @param input the first row's name
 * @param hidden the second row's name
 * @param row how each row is arranged
 */
record StackedBias(String input, String hidden, Arrangement row) implements Counterpart {
  @Override
  public Map<String, Shape> shapes(Shape keras) {
    Shape shape = row.torchShape(rowOf(keras));
    return Counterpart.pair(input, shape, hidden, shape);
  }

  private static Shape rowOf(Shape keras) {
    List<Long> dimensions = keras.dimensions();
    return new Shape(dimensions.subList(1, dimensions.size()));
  }

  @Override
  public Map<String, Tensor> toTorch(Tensor keras, SegmentAllocator memory) {
    return Counterpart.pair(
        input, row.toTorch(rowAt(0, keras), memory), hidden, row.toTorch(rowAt(1, keras), memory));
  }

  private static Tensor rowAt(int index, Tensor keras) {
    long size = keras.byteSize() / 2;
    return Tensor.of(
        keras.dtype(),
        new long[] {keras.elementCount() / 2},
        keras.bytes().asSlice(index * size, size));
  }

  @Override
  public Tensor toKeras(Map<String, Tensor> torch, SegmentAllocator memory) {
    Tensor first = row.toKeras(Objects.requireNonNull(torch.get(input)), memory);
    Tensor second = row.toKeras(Objects.requireNonNull(torch.get(hidden)), memory);
    if (first.dtype() != second.dtype()) {
      throw new StateMismatchException(
          "tensors '%s' and '%s' are one variable in Keras, and are %s and %s; convert one"
              .formatted(input, hidden, first.dtype(), second.dtype()));
    }
    MemorySegment both = memory.allocate(first.byteSize() + second.byteSize(), 8);
    MemorySegment.copy(first.bytes(), 0, both, 0, first.byteSize());
    MemorySegment.copy(second.bytes(), 0, both, first.byteSize(), second.byteSize());
    return Tensor.of(first.dtype(), new long[] {2, first.elementCount()}, both);
  }

  @Override
  public Counterpart renamed(UnaryOperator<String> change) {
    return new StackedBias(change.apply(input), change.apply(hidden), row);
  }
}
