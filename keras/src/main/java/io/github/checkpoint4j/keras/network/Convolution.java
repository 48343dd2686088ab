package io.github.checkpoint4j.keras.network;

import io.github.checkpoint4j.format.UnsupportedFeatureException;
import java.util.Optional;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/** {@code Conv1D}, {@code Conv2D}, {@code Conv3D}, {@code DepthwiseConv1D} and {@code 2D}. */
final class Convolution extends TensorLayer {
  private final Window window;
  private final long groups;
  private final Tensor weight;
  private final Optional<Tensor> bias;

  private Convolution(LayerSpec spec, Window window, long groups, Weight kernel)
      throws UnsupportedFeatureException {
    super(spec, Masks.DROPPED, Activation.of(spec, "activation"));
    this.window = window;
    this.groups = groups;
    weight = weight(kernel);
    bias =
        spec.flag("use_bias")
            ? Optional.of(weight(Weight.of("bias", "bias", weight.size(0))))
            : Optional.empty();
  }

  static Convolution of(LayerSpec spec, int rank) throws UnsupportedFeatureException {
    spec.requireOff("quantization_config", "load the model before it was quantized");
    Window window = Window.of(spec, "kernel_size", rank);
    long groups = spec.isSet("groups") ? spec.integer("groups") : 1;
    long channels =
        spec.inputShape().isPresent()
            ? spec.inputSize(window.channelAxis(), "weight", 1)
            : Math.multiplyExact(spec.weightSize("weight", 1), groups);
    long outputs = spec.integer("filters");
    if (groups <= 0 || channels % groups != 0 || outputs % groups != 0) {
      throw new IllegalArgumentException(
          "its %d groups do not divide its %d channels and %d filters"
              .formatted(groups, channels, outputs));
    }
    long inputs = channels / groups;
    Weight weight =
        new Weight(
            "weight",
            "kernel",
            shape(LongStream.of(outputs, inputs), window.size()),
            shape(LongStream.of(window.size()), inputs, outputs));
    return new Convolution(spec, window, groups, weight);
  }

  static Convolution depthwise(LayerSpec spec, int rank) throws UnsupportedFeatureException {
    Window window = Window.of(spec, "kernel_size", rank);
    long inputs = depthwiseInputs(spec, window, "weight");
    return new Convolution(
        spec, window, inputs, depthwiseWeight("depthwise", spec, window, inputs));
  }

  /** The number of channels that go into a convolution of each alone. */
  static long depthwiseInputs(LayerSpec spec, Window window, String weight)
      throws UnsupportedFeatureException {
    return spec.inputShape().isPresent()
        ? spec.inputSize(window.channelAxis(), weight, 0)
        : spec.weightSize(weight, 0) / spec.integer("depth_multiplier");
  }

  /** The weight of a convolution of each channel alone. */
  static Weight depthwiseWeight(String role, LayerSpec spec, Window window, long inputs) {
    long multiplier = spec.integer("depth_multiplier");
    return new Weight(
        "weight",
        role,
        shape(LongStream.of(Math.multiplyExact(inputs, multiplier), 1), window.size()),
        shape(LongStream.of(window.size()), inputs, multiplier));
  }

  static long[] shape(LongStream first, long... rest) {
    return LongStream.concat(first, LongStream.of(rest)).toArray();
  }

  @Override
  Tensor apply(Tensor x) {
    Tensor image = window.padded(window.toChannelsFirst(x), 0);
    return window.fromChannelsFirst(convolve(image, weight, optional(bias), window, groups));
  }

  /** The convolution of an image of channels first that is padded already. */
  static Tensor convolve(
      Tensor image, Tensor weight, TensorOptional bias, Window window, long groups) {
    long[] strides = window.strides();
    long[] padding = window.zeros();
    long[] dilation = window.dilation();
    // The parameters of the three are in the order stride, padding, dilation.
    return switch (window.rank()) {
      case 1 -> torch.conv1d(image, weight, bias, strides, padding, dilation, groups);
      case 2 -> torch.conv2d(image, weight, bias, strides, padding, dilation, groups);
      default -> torch.conv3d(image, weight, bias, strides, padding, dilation, groups);
    };
  }
}
