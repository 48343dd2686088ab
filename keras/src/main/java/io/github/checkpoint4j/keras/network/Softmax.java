package io.github.checkpoint4j.keras.network;

import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Shares that add up to 1 along an axis, or along several together. */
final class Softmax extends Layer {
  private final long[] axes;

  Softmax(LayerSpec spec) {
    super(spec);
    axes = spec.integers("axis");
  }

  /**
   * @throws IllegalArgumentException if the input has a mask, which this layer would need for each
   *     of its elements
   */
  @Override
  List<MaskedTensor> call(CallArguments arguments) {
    if (arguments.mask().isPresent()) {
      throw new IllegalArgumentException(
          spec().layer().where() + "it is called with a mask, which is not supported");
    }
    Tensor x = arguments.first().tensor();
    if (axes.length > 1) {
      return List.of(MaskedTensor.of(x.sub(x.logsumexp(axes, true)).exp()));
    }
    boolean isLast = LayerSpec.axisOf(axes[0], Math.toIntExact(x.dim())) == x.dim() - 1;
    return List.of(
        new MaskedTensor(
            torch.softmax(x, axes[0]),
            Optional.empty(),
            isLast ? Optional.of(x) : Optional.empty()));
  }
}
