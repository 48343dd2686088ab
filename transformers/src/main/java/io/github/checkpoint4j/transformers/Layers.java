package io.github.checkpoint4j.transformers;

import java.util.OptionalLong;
import java.util.function.Supplier;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.EmbeddingImpl;
import org.bytedeco.pytorch.EmbeddingOptions;
import org.bytedeco.pytorch.LayerNormImpl;
import org.bytedeco.pytorch.LayerNormOptions;
import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.LinearOptions;
import org.bytedeco.pytorch.LongVector;
import org.bytedeco.pytorch.Tensor;

/** libtorch's layers with the options that the models here need. */
final class Layers {
  private Layers() {}

  static LayerNormImpl layerNorm(long size, double epsilon) {
    try (var shape = new LongVector(new long[] {size});
        var options = new LayerNormOptions(shape);
        var eps = options.eps()) {
      eps.put(epsilon);
      return new LayerNormImpl(options);
    }
  }

  /** A linear layer without bias. */
  static LinearImpl linear(long in, long out) {
    try (var options = new LinearOptions(in, out);
        var bias = options.bias()) {
      bias.put(false);
      return new LinearImpl(options);
    }
  }

  /**
   * An embedding.
   *
   * @param paddingIndex the row that gets no gradient
   */
  static EmbeddingImpl embedding(long rows, long size, OptionalLong paddingIndex) {
    try (var options = new EmbeddingOptions(rows, size);
        var padding = options.padding_idx()) {
      paddingIndex.ifPresent(padding::put);
      return new EmbeddingImpl(options);
    }
  }

  /**
   * The tensor that {@code forward} makes. All else it makes is freed when it returns, but for what
   * autograd keeps: so the memory is used again by the next layer, while it is in the cache.
   */
  static Tensor freeingIntermediates(Supplier<Tensor> forward) {
    PointerScope outer = PointerScope.getInnerScope();
    Tensor result;
    try (var _ = new PointerScope()) {
      result = forward.get();
      result.retainReference();
    }
    if (outer != null) {
      outer.attach(result);
      result.releaseReference();
    }
    return result;
  }
}
