package io.github.checkpoint4j.keras.layers;

import io.github.checkpoint4j.state.Tensor;
import java.lang.foreign.SegmentAllocator;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;

/** One tensor. */
record Single(String name, Arrangement arrangement) implements Counterpart {

  /** A tensor of the same elements in the same order. */
  static Single same(String name) {
    return new Single(name, Arrangement.Same.SAME);
  }

  /** A matrix whose rows are the variable's columns. */
  static Single transposed(String name) {
    return new Single(name, Arrangement.Permuted.of(1, 0));
  }

  @Override
  public Map<String, Shape> shapes(Shape keras) {
    return Map.of(name, arrangement.torchShape(keras));
  }

  @Override
  public Map<String, Tensor> toTorch(Tensor keras, SegmentAllocator memory) {
    return Map.of(name, arrangement.toTorch(keras, memory));
  }

  @Override
  public Tensor toKeras(Map<String, Tensor> torch, SegmentAllocator memory) {
    return arrangement.toKeras(Objects.requireNonNull(torch.get(name)), memory);
  }

  @Override
  public Counterpart renamed(UnaryOperator<String> change) {
    return new Single(change.apply(name), arrangement);
  }
}
