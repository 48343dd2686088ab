package io.github.checkpoint4j.keras.network;

import io.github.checkpoint4j.format.UnsupportedFeatureException;
import java.util.List;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** A rectifier that learns a slope below 0 for each feature, or for features that share one. */
final class PRelu extends TensorLayer {
  private final Tensor weight;

  PRelu(LayerSpec spec) throws UnsupportedFeatureException {
    super(spec, Masks.PASSED);
    long[] input = spec.inputShape();
    List<Long> shared =
        spec.isSet("shared_axes")
            ? LongStream.of(spec.integers("shared_axes")).boxed().toList()
            : List.of();
    long[] shape = new long[input.length - 1];
    for (int axis = 1; axis < input.length; axis++) {
      shape[axis - 1] = shared.contains((long) axis) ? 1 : spec.inputSize(axis);
    }
    weight = weight(new Weight("weight", "alpha", shape, shape));
  }

  @Override
  Tensor apply(Tensor x) {
    return torch.relu(x).sub(weight.mul(torch.relu(x.neg())));
  }
}
