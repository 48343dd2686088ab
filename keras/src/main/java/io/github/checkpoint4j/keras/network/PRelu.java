package io.github.checkpoint4j.keras.network;

import io.github.checkpoint4j.format.UnsupportedFeatureException;
import java.util.List;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** A rectifier that learns a slope below 0 for each feature, or for features that share one. */
final class PRelu extends TensorLayer {
  private final Tensor weight;
  private final long[] broadcast;

  PRelu(LayerSpec spec) throws UnsupportedFeatureException {
    super(spec, Masks.PASSED);
    List<Long> shared =
        spec.isSet("shared_axes")
            ? LongStream.of(spec.integers("shared_axes")).boxed().toList()
            : List.of();
    // Files from before Keras 3 do not tell the rank: there only the last axis is not shared.
    int rank =
        spec.inputShape()
            .map(shape -> shape.length - 1)
            .orElseGet(() -> Math.toIntExact(shared.stream().reduce(0L, Math::max)) + 1);
    broadcast = new long[rank];
    for (int axis = 1; axis <= rank; axis++) {
      broadcast[axis - 1] = shared.contains((long) axis) ? 1 : spec.inputSize(axis, "weight", 0);
    }
    // PyTorch's has one slope for all or one for each channel; for more there is no counterpart.
    boolean several = shared.size() < broadcast.length - 1;
    long[] shape =
        several ? broadcast : new long[] {LongStream.of(broadcast).reduce(1, Math::multiplyExact)};
    weight = weight(new Weight("weight", "alpha", shape, broadcast));
  }

  @Override
  Tensor apply(Tensor x) {
    return torch.relu(x).sub(weight.view(broadcast).mul(torch.relu(x.neg())));
  }
}
