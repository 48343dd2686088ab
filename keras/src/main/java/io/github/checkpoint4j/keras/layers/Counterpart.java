package io.github.checkpoint4j.keras.layers;

import io.github.checkpoint4j.state.Tensor;
import java.lang.foreign.SegmentAllocator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.UnaryOperator;

/** What PyTorch has in place of a variable of Keras: one tensor, or two. */
sealed interface Counterpart permits Single, SummedBias, StackedBias, CountedVariance {
  /** The tensors and their shapes, for a variable of the shape {@code keras}, in order. */
  Map<String, Shape> shapes(Shape keras);

  /**
   * The tensors for a variable, in order.
   *
   * @param memory where changed bytes are put
   */
  Map<String, Tensor> toTorch(Tensor keras, SegmentAllocator memory);

  /**
   * The variable for tensors, of which those are there that {@link #shapes} names; the optional
   * ones may be missing.
   *
   * @param memory where changed bytes are put
   */
  Tensor toKeras(Map<String, Tensor> torch, SegmentAllocator memory);

  /** Whether PyTorch's state may be without this tensor, which it also does not say. */
  default boolean isOptional(String name) {
    return false;
  }

  /** The same with other names. */
  Counterpart renamed(UnaryOperator<String> change);

  /** What PyTorch has in place of a number for each element's gradient, as optimizers keep. */
  default Counterpart ofGradient() {
    return this;
  }

  /** A map of two entries, in this order. */
  static <T> Map<String, T> pair(String first, T one, String second, T other) {
    Map<String, T> pair = new LinkedHashMap<>();
    pair.put(first, one);
    pair.put(second, other);
    return pair;
  }
}
