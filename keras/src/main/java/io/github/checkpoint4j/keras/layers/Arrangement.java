package io.github.checkpoint4j.keras.layers;

import io.github.checkpoint4j.state.StridedCopy;
import io.github.checkpoint4j.state.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * How the elements of a variable lie in PyTorch's tensor. Each can be undone without loss. A tensor
 * whose bytes need not change is a window on the same bytes.
 */
sealed interface Arrangement {
  /** The shape in PyTorch of a variable of the shape {@code keras}. */
  Shape torchShape(Shape keras);

  /**
   * PyTorch's tensor of a variable.
   *
   * @param memory where changed bytes are put
   */
  Tensor toTorch(Tensor keras, SegmentAllocator memory);

  /**
   * The variable of PyTorch's tensor.
   *
   * @param memory where changed bytes are put
   */
  Tensor toKeras(Tensor torch, SegmentAllocator memory);

  /** The same elements in the same order. */
  enum Same implements Arrangement {
    SAME;

    @Override
    public Shape torchShape(Shape keras) {
      return keras;
    }

    @Override
    public Tensor toTorch(Tensor keras, SegmentAllocator memory) {
      return keras;
    }

    @Override
    public Tensor toKeras(Tensor torch, SegmentAllocator memory) {
      return torch;
    }
  }

  /**
   * The dimensions in another order, as {@code numpy.transpose} has it.
   *
   * @param order for each dimension in PyTorch, which it is in Keras
   */
  record Permuted(List<Integer> order) implements Arrangement {
    public Permuted {
      order = List.copyOf(order);
    }

    static Permuted of(Integer... order) {
      return new Permuted(List.of(order));
    }

    @Override
    public Shape torchShape(Shape keras) {
      return new Shape(order.stream().map(keras.dimensions()::get).toList());
    }

    @Override
    public Tensor toTorch(Tensor keras, SegmentAllocator memory) {
      return permuted(keras, order, memory);
    }

    @Override
    public Tensor toKeras(Tensor torch, SegmentAllocator memory) {
      List<Integer> inverse = new ArrayList<>(Collections.nCopies(order.size(), 0));
      for (int i = 0; i < order.size(); i++) {
        inverse.set(order.get(i), i);
      }
      return permuted(torch, inverse, memory);
    }

    private static Tensor permuted(Tensor tensor, List<Integer> order, SegmentAllocator memory) {
      long[] from = tensor.shape();
      long[] rowMajor = StridedCopy.rowMajor(from);
      long[] shape = order.stream().mapToLong(i -> from[i]).toArray();
      long[] strides = order.stream().mapToLong(i -> rowMajor[i]).toArray();
      MemorySegment bytes = memory.allocate(tensor.byteSize(), 8);
      StridedCopy.copy(tensor.bytes(), 0, shape, strides, tensor.dtype().bits() / 8, bytes);
      return Tensor.of(tensor.dtype(), shape, bytes);
    }
  }

  /**
   * The same elements in the same order, in other dimensions.
   *
   * @param keras the shape in Keras, in which at most one size is not known
   * @param torch the shape in PyTorch, in which at most one size is not known
   */
  record Reshaped(Shape keras, Shape torch) implements Arrangement {
    @Override
    public Shape torchShape(Shape other) {
      return torch;
    }

    @Override
    public Tensor toTorch(Tensor tensor, SegmentAllocator memory) {
      return reshaped(tensor, torch);
    }

    @Override
    public Tensor toKeras(Tensor tensor, SegmentAllocator memory) {
      return reshaped(tensor, keras);
    }

    private static Tensor reshaped(Tensor tensor, Shape shape) {
      return Tensor.of(tensor.dtype(), shape.ofElements(tensor.elementCount()), tensor.bytes());
    }
  }

  /**
   * The first two of {@code blocks} equal blocks along the first dimension change places: a GRU's
   * gates are update, reset, new in Keras and reset, update, new in PyTorch.
   */
  record FirstTwoExchanged(int blocks) implements Arrangement {
    @Override
    public Shape torchShape(Shape keras) {
      return keras;
    }

    @Override
    public Tensor toTorch(Tensor keras, SegmentAllocator memory) {
      return exchanged(keras, memory);
    }

    @Override
    public Tensor toKeras(Tensor torch, SegmentAllocator memory) {
      return exchanged(torch, memory);
    }

    private Tensor exchanged(Tensor tensor, SegmentAllocator memory) {
      MemorySegment from = tensor.bytes();
      MemorySegment to = memory.allocate(from.byteSize(), 8);
      long block = from.byteSize() / blocks;
      MemorySegment.copy(from, 0, to, block, block);
      MemorySegment.copy(from, block, to, 0, block);
      MemorySegment.copy(from, 2 * block, to, 2 * block, from.byteSize() - 2 * block);
      return Tensor.of(tensor.dtype(), tensor.shape(), to);
    }
  }

  /** One after the other, on the way to PyTorch. */
  record Chain(Arrangement first, Arrangement second) implements Arrangement {
    @Override
    public Shape torchShape(Shape keras) {
      return second.torchShape(first.torchShape(keras));
    }

    @Override
    public Tensor toTorch(Tensor keras, SegmentAllocator memory) {
      return second.toTorch(first.toTorch(keras, memory), memory);
    }

    @Override
    public Tensor toKeras(Tensor torch, SegmentAllocator memory) {
      return first.toKeras(second.toKeras(torch, memory), memory);
    }
  }

  /** This, and then {@code second}, on the way to PyTorch. */
  default Arrangement then(Arrangement second) {
    return new Chain(this, second);
  }
}
