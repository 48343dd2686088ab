package io.github.checkpoint4j.keras.layers;

import io.github.checkpoint4j.state.Dtype;
import io.github.checkpoint4j.state.StateMismatchException;
import io.github.checkpoint4j.state.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * What an optimizer keeps for each trained variable, of the variable's shape.
 *
 * @param kerasName how its variable's name ends in a legacy file
 * @param torchName its name in PyTorch's state
 * @param factor what Keras's number is, if PyTorch's is 1: SGD's is a step down, of the size of the
 *     learning rate, where PyTorch's is a sum of gradients
 * @param isCounted whether PyTorch keeps the count of steps beside it
 */
record Moment(String kerasName, String torchName, double factor, boolean isCounted) {
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** One that is the same in both. */
  static Moment counted(String kerasName, String torchName) {
    return new Moment(kerasName, torchName, 1, true);
  }

  /** One that is {@code factor} times PyTorch's in Keras. */
  static Moment scaled(String kerasName, String torchName, double factor) {
    return new Moment(kerasName, torchName, factor, false);
  }

  /** Keras's numbers as PyTorch's. */
  Tensor divided(Tensor keras, SegmentAllocator memory) {
    return scaled(keras, 1 / factor, memory);
  }

  /** PyTorch's numbers as Keras's. */
  Tensor multiplied(Tensor torch, SegmentAllocator memory) {
    return scaled(torch, factor, memory);
  }

  private Tensor scaled(Tensor tensor, double by, SegmentAllocator memory) {
    if (by == 1) {
      return tensor;
    }
    if (tensor.dtype() != Dtype.F32) {
      throw new StateMismatchException(
          "SGD's '"
              + torchName
              + "' is changed by the learning rate in F32 only, and is "
              + tensor);
    }
    MemorySegment scaled = memory.allocate(tensor.byteSize(), 8);
    for (long i = 0; i < tensor.elementCount(); i++) {
      scaled.setAtIndex(FLOAT, i, (float) (tensor.bytes().getAtIndex(FLOAT, i) * by));
    }
    return Tensor.of(tensor.dtype(), tensor.shape(), scaled);
  }
}
