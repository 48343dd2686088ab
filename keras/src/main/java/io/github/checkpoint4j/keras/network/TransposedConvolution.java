package io.github.checkpoint4j.keras.network;

import io.github.checkpoint4j.format.UnsupportedFeatureException;
import java.util.Optional;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * {@code Conv1DTranspose}, {@code Conv2DTranspose} and {@code Conv3DTranspose}, with TensorFlow's
 * rules of what is cut off the full result.
 *
 * @see <a
 *     href="https://github.com/keras-team/keras/blob/v3.15.1/keras/src/backend/common/backend_utils.py">{@code
 *     _get_output_shape_given_tf_padding}</a>
 */
final class TransposedConvolution extends TensorLayer {
  private final Window window;
  private final Optional<long[]> outputPadding;
  private final Tensor weight;
  private final Optional<Tensor> bias;

  TransposedConvolution(LayerSpec spec, int rank) throws UnsupportedFeatureException {
    super(spec, Masks.DROPPED, Activation.of(spec, "activation"));
    window = Window.of(spec, "kernel_size", rank);
    outputPadding =
        spec.isSet("output_padding")
            ? Optional.of(spec.integers("output_padding", rank))
            : Optional.empty();
    long inputs = spec.inputSize(window.channelAxis(), "weight", 0);
    long outputs = spec.integer("filters");
    weight =
        weight(
            new Weight(
                "weight",
                "kernel",
                Convolution.shape(LongStream.of(inputs, outputs), window.size()),
                Convolution.shape(LongStream.of(window.size()), outputs, inputs)));
    bias =
        spec.flag("use_bias")
            ? Optional.of(weight(Weight.of("bias", "bias", outputs)))
            : Optional.empty();
  }

  @Override
  Tensor apply(Tensor x) {
    Tensor image = window.toChannelsFirst(x);
    Tensor full = transposed(image);
    long[] sizes = Window.spatial(image);
    long[] fullSizes = Window.spatial(full);
    var edges = new Window.Edge[window.rank()];
    for (int i = 0; i < edges.length; i++) {
      long length = length(i, sizes[i]);
      // The convolution this is the gradient of saw its input with so much in front.
      long before = window.edges(lengths(sizes))[i].before();
      edges[i] = new Window.Edge(-before, length - (fullSizes[i] - before));
    }
    Tensor cut = window.fromChannelsFirst(Window.padded(full, edges, 0));
    return bias.map(added -> cut.add(window.channelsFirst() ? column(added) : added)).orElse(cut);
  }

  private Tensor column(Tensor values) {
    return values.view(Convolution.shape(LongStream.of(-1), Window.ones(window.rank())));
  }

  private Tensor transposed(Tensor image) {
    long[] strides = window.strides();
    long[] zeros = window.zeros();
    long[] dilation = window.dilation();
    var none = new TensorOptional();
    return switch (window.rank()) {
      case 1 -> torch.conv_transpose1d(image, weight, none, strides, zeros, zeros, 1, dilation);
      case 2 -> torch.conv_transpose2d(image, weight, none, strides, zeros, zeros, 1, dilation);
      default -> torch.conv_transpose3d(image, weight, none, strides, zeros, zeros, 1, dilation);
    };
  }

  private long[] lengths(long[] sizes) {
    long[] lengths = new long[sizes.length];
    for (int i = 0; i < sizes.length; i++) {
      lengths[i] = length(i, sizes[i]);
    }
    return lengths;
  }

  /** The size of the output along an axis. */
  private long length(int axis, long size) {
    long stride = window.strides()[axis];
    long extent = window.extent(axis);
    boolean valid = window.padding() == Window.Padding.VALID;
    if (outputPadding.isEmpty()) {
      return valid ? (size - 1) * stride + Math.max(extent, stride) : size * stride;
    }
    return (size - 1) * stride + (valid ? extent : extent % 2) + outputPadding.get()[axis];
  }
}
