package io.github.checkpoint4j.keras.network;

import io.github.checkpoint4j.format.UnsupportedFeatureException;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Normalises each channel by the mean and variance of the batch in training, and by the running
 * ones in prediction and if the layer is frozen. As in Keras, and unlike in PyTorch, the momentum
 * is the share of the old running value, and the running variance is of the biased kind.
 *
 * @see <a
 *     href="https://github.com/keras-team/keras/blob/v3.15.1/keras/src/layers/normalization/batch_normalization.py">batch_normalization.py</a>
 */
final class BatchNormalization extends TensorLayer {
  /** What keeps Keras from dividing by zero if a mask leaves nothing. */
  private static final double LEAST_WEIGHT = 1e-7;

  private final long axis;
  private final double momentum;
  private final double epsilon;
  private final Optional<Tensor> weight;
  private final Optional<Tensor> bias;
  private final Tensor runningMean;
  private final Tensor runningVariance;
  private final Tensor batches;

  BatchNormalization(LayerSpec spec) throws UnsupportedFeatureException {
    super(spec, Masks.PASSED);
    spec.requireOff("renorm", "there is no batch renormalisation in PyTorch");
    spec.requireOff("synchronized", "there is one process here: set it to False");
    axis = spec.integers("axis")[0];
    momentum = spec.real("momentum");
    epsilon = spec.real("epsilon");
    long channels = spec.inputSize(axis, "running_mean", 0);
    weight =
        spec.flag("scale")
            ? Optional.of(weight(Weight.of("weight", "gamma", channels)))
            : Optional.empty();
    bias =
        spec.flag("center")
            ? Optional.of(weight(Weight.of("bias", "beta", channels)))
            : Optional.empty();
    runningMean = Weight.buffer(this, "running_mean", 0, channels);
    runningVariance = Weight.buffer(this, "running_var", 1, channels);
    batches = Weight.buffer(this, "num_batches_tracked", torch.zeros().to(torch.ScalarType.Long));
  }

  @Override
  Tensor apply(Tensor x) {
    return apply(x, Optional.empty());
  }

  @Override
  Tensor apply(Tensor x, Optional<Tensor> mask) {
    if (!is_training() || !spec().trainable()) {
      return normalized(x, runningMean, runningVariance);
    }
    int channel = LayerSpec.axisOf(axis, Math.toIntExact(x.dim()));
    long[] others = LongStream.range(0, x.dim()).filter(i -> i != channel).toArray();
    var moments = mask.isPresent() ? moments(x, mask.get(), others) : moments(x, others);
    try (var _ = new NoGradGuard()) {
      follow(runningMean, moments.mean());
      follow(runningVariance, moments.variance());
      batches.add_(new Scalar(1));
    }
    return normalized(x, moments.mean(), moments.variance());
  }

  private record Moments(Tensor mean, Tensor variance) {}

  private static Moments moments(Tensor x, long[] axes) {
    Tensor mean = x.mean(axes, true, new ScalarTypeOptional());
    Tensor variance = x.sub(mean).square().mean(axes, false, new ScalarTypeOptional());
    return new Moments(mean.reshape(-1), variance);
  }

  /** Of the steps that a mask, [batch, steps], leaves. */
  private static Moments moments(Tensor x, Tensor mask, long[] axes) {
    var none = new ScalarTypeOptional();
    Tensor counted = mask.unsqueeze(-1).expand(x.shape()).to(x.scalar_type());
    Tensor weights = counted.sum(axes, true, none).add(new Scalar(LEAST_WEIGHT));
    Tensor mean = x.mul(counted).sum(axes, true, none).div(weights);
    Tensor variance = x.sub(mean).mul(counted).square().sum(axes, true, none).div(weights);
    return new Moments(mean.reshape(-1), variance.reshape(-1));
  }

  private void follow(Tensor running, Tensor now) {
    running.mul_(new Scalar(momentum)).add_(now, new Scalar(1 - momentum));
  }

  private Tensor normalized(Tensor x, Tensor mean, Tensor variance) {
    Tensor deviation = variance.add(new Scalar(epsilon)).rsqrt();
    Tensor scale = weight.map(deviation::mul).orElse(deviation);
    Tensor shift =
        bias.map(added -> added.sub(mean.mul(scale))).orElseGet(() -> mean.mul(scale).neg());
    return x.mul(broadcast(scale, x)).add(broadcast(shift, x));
  }

  private Tensor broadcast(Tensor channels, Tensor x) {
    long[] shape = new long[Math.toIntExact(x.dim())];
    Arrays.fill(shape, 1);
    shape[LayerSpec.axisOf(axis, shape.length)] = -1;
    return channels.view(shape);
  }
}
