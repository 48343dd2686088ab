package io.github.checkpoint4j.keras.network;

import io.github.checkpoint4j.format.UnsupportedFeatureException;
import java.util.Optional;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;

/** {@code SeparableConv1D} and {@code SeparableConv2D}: of each channel alone, then across them. */
final class SeparableConvolution extends TensorLayer {
  private final Window window;
  private final Window point;
  private final long channels;
  private final Module depthwise = part("depthwise");
  private final Module pointwise = part("pointwise");
  private final Tensor depthwiseWeight;
  private final Tensor pointwiseWeight;
  private final Optional<Tensor> bias;

  SeparableConvolution(LayerSpec spec, int rank) throws UnsupportedFeatureException {
    super(spec, Masks.DROPPED, Activation.of(spec, "activation"));
    window = Window.of(spec, "kernel_size", rank);
    long[] ones = Window.ones(rank);
    point = new Window(ones, ones, ones, Window.Padding.VALID, window.channelsFirst());
    channels = Convolution.depthwiseInputs(spec, window, "depthwise.weight");
    depthwiseWeight =
        weight(depthwise, Convolution.depthwiseWeight("depthwise", spec, window, channels));
    long between = Math.multiplyExact(channels, spec.integer("depth_multiplier"));
    long outputs = spec.integer("filters");
    pointwiseWeight =
        weight(
            pointwise,
            new Weight(
                "weight",
                "pointwise",
                Convolution.shape(LongStream.of(outputs, between), ones),
                Convolution.shape(LongStream.of(ones), between, outputs)));
    bias =
        spec.flag("use_bias")
            ? Optional.of(weight(pointwise, Weight.of("bias", "bias", outputs)))
            : Optional.empty();
  }

  @Override
  Tensor apply(Tensor x) {
    Tensor image = window.padded(window.toChannelsFirst(x), 0);
    Tensor between =
        Convolution.convolve(image, depthwiseWeight, new TensorOptional(), window, channels);
    return window.fromChannelsFirst(
        Convolution.convolve(between, pointwiseWeight, optional(bias), point, 1));
  }
}
