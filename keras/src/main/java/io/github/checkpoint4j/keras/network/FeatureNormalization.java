package io.github.checkpoint4j.keras.network;

import io.github.checkpoint4j.format.UnsupportedFeatureException;
import java.util.Arrays;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Keras's {@code Normalization}: features less their mean, divided by their deviation. Mean and
 * variance are options, or were learned by {@code adapt}: then they are buffers under Keras's
 * names.
 */
final class FeatureNormalization extends TensorLayer {
  private static final double LEAST_DEVIATION = 1e-7;

  private final long[] axes;
  private final boolean inverts;
  private final Tensor mean;
  private final Tensor variance;

  FeatureNormalization(LayerSpec spec) throws UnsupportedFeatureException {
    super(spec, Masks.PASSED);
    inverts = spec.flag("invert");
    axes = spec.isSet("axis") ? spec.integers("axis") : new long[0];
    if (spec.isSet("mean")) {
      mean = given(spec, "mean");
      variance = given(spec, "variance");
      return;
    }
    long[] shape = new long[axes.length];
    for (int i = 0; i < shape.length; i++) {
      shape[i] = spec.inputSize(axes[i], "mean", i);
    }
    mean = Weight.buffer(this, "mean", 0, shape);
    variance = Weight.buffer(this, "variance", 1, shape);
    Weight.buffer(this, "count", torch.zeros().to(torch.ScalarType.Long));
  }

  private static Tensor given(LayerSpec spec, String option) throws UnsupportedFeatureException {
    return Scaling.tensor(Scaling.numbers(spec, option)).retainReference();
  }

  @Override
  Tensor apply(Tensor x) {
    Tensor deviation =
        torch.clamp(variance.sqrt(), new ScalarOptional(new Scalar(LEAST_DEVIATION)));
    return inverts
        ? x.mul(broadcast(deviation, x)).add(broadcast(mean, x))
        : x.sub(broadcast(mean, x)).div(broadcast(deviation, x));
  }

  private Tensor broadcast(Tensor features, Tensor x) {
    if (features.dim() == 0) {
      return features;
    }
    long[] shape = Window.ones(Math.toIntExact(x.dim()));
    int[] kept =
        LongStream.of(axes).mapToInt(axis -> LayerSpec.axisOf(axis, shape.length)).toArray();
    Arrays.stream(kept).forEach(axis -> shape[axis] = x.size(axis));
    return features.view(shape);
  }
}
