package io.github.checkpoint4j.keras.layers;

import io.github.checkpoint4j.state.Tensor;
import java.lang.foreign.SegmentAllocator;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;

/**
 * A batch normalization's moving variance, and how many batches PyTorch averaged, which Keras does
 * not count: zero on the way to PyTorch, and not looked at on the way back.
 *
 * @param variance the variance's name
 * @param batches the count's name
 */
record CountedVariance(String variance, String batches) implements Counterpart {
  @Override
  public Map<String, Shape> shapes(Shape keras) {
    return Counterpart.pair(variance, keras, batches, Shape.of());
  }

  @Override
  public boolean isOptional(String name) {
    return name.equals(batches);
  }

  @Override
  public Map<String, Tensor> toTorch(Tensor keras, SegmentAllocator memory) {
    return Counterpart.pair(variance, keras, batches, Tensor.ofLongs(new long[] {0}));
  }

  @Override
  public Tensor toKeras(Map<String, Tensor> torch, SegmentAllocator memory) {
    return Objects.requireNonNull(torch.get(variance));
  }

  @Override
  public Counterpart renamed(UnaryOperator<String> change) {
    return new CountedVariance(change.apply(variance), change.apply(batches));
  }
}
