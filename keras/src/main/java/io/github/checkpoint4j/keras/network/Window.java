package io.github.checkpoint4j.keras.network;

import io.github.checkpoint4j.format.UnsupportedFeatureException;
import java.util.Arrays;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** The window that a convolution or a pooling moves over an image, and where it stands. */
final class Window {
  private final long[] size;
  private final long[] strides;
  private final long[] dilation;
  private final Padding padding;
  private final boolean channelsFirst;

  /**
   * @param size along each spatial axis, as all of the lists
   * @param channelsFirst whether images are [batch, channels, ...], not [batch, ..., channels]
   */
  Window(long[] size, long[] strides, long[] dilation, Padding padding, boolean channelsFirst) {
    for (long[] numbers : new long[][] {size, strides, dilation}) {
      if (numbers.length != size.length || LongStream.of(numbers).anyMatch(number -> number <= 0)) {
        throw new IllegalArgumentException(
            "sizes, strides and dilations of a window are %s, %s and %s; they have to be as many, and above 0"
                .formatted(
                    Arrays.toString(size), Arrays.toString(strides), Arrays.toString(dilation)));
      }
    }
    this.size = size.clone();
    this.strides = strides.clone();
    this.dilation = dilation.clone();
    this.padding = padding;
    this.channelsFirst = channelsFirst;
  }

  /** What is put around an image, as TensorFlow does. */
  enum Padding {
    /** Nothing: the window stays inside. */
    VALID,
    /** As much as gives a place for every stride begun; the odd element goes behind. */
    SAME,
    /** All in front, so that nothing later is seen. */
    CAUSAL
  }

  /** Elements put before and after an axis. */
  record Edge(long before, long after) {}

  /**
   * The window of a layer.
   *
   * @param sizeOption {@code kernel_size} or {@code pool_size}
   */
  static Window of(LayerSpec spec, String sizeOption, int rank) throws UnsupportedFeatureException {
    long[] size = spec.integers(sizeOption, rank);
    return new Window(
        size,
        spec.isSet("strides") ? spec.integers("strides", rank) : size,
        spec.isSet("dilation_rate") ? spec.integers("dilation_rate", rank) : ones(rank),
        padding(spec),
        spec.channelsFirst());
  }

  private static Padding padding(LayerSpec spec) throws UnsupportedFeatureException {
    String padding = spec.text("padding");
    return switch (padding) {
      case "valid" -> Padding.VALID;
      case "same" -> Padding.SAME;
      case "causal" -> Padding.CAUSAL;
      default ->
          throw spec.unsupported(
              "it has padding '%s'; there are valid, same and causal".formatted(padding));
    };
  }

  static long[] ones(int count) {
    long[] ones = new long[count];
    Arrays.fill(ones, 1);
    return ones;
  }

  long[] size() {
    return size.clone();
  }

  long[] strides() {
    return strides.clone();
  }

  long[] dilation() {
    return dilation.clone();
  }

  Padding padding() {
    return padding;
  }

  boolean channelsFirst() {
    return channelsFirst;
  }

  int rank() {
    return size.length;
  }

  /** No padding along each axis, for an image that is padded already. */
  long[] zeros() {
    return new long[rank()];
  }

  /** The axis of the channels. */
  long channelAxis() {
    return channelsFirst ? 1 : -1;
  }

  /** The image as PyTorch has it: [batch, channels, ...]. */
  Tensor toChannelsFirst(Tensor image) {
    return channelsFirst ? image : toChannelsFirst(image, rank());
  }

  /** The image as the layer has it. */
  Tensor fromChannelsFirst(Tensor image) {
    return channelsFirst ? image : toChannelsLast(image, rank());
  }

  static Tensor toChannelsFirst(Tensor image, int rank) {
    return image.permute(
        LongStream.concat(LongStream.of(0, rank + 1), LongStream.rangeClosed(1, rank)).toArray());
  }

  static Tensor toChannelsLast(Tensor image, int rank) {
    return image.permute(
        LongStream.concat(
                LongStream.concat(LongStream.of(0), LongStream.rangeClosed(2, rank + 1)),
                LongStream.of(1))
            .toArray());
  }

  /** What is put around an image of these spatial sizes. */
  Edge[] edges(long[] sizes) {
    return IntStream.range(0, rank()).mapToObj(i -> edge(i, sizes[i])).toArray(Edge[]::new);
  }

  /** The size along an axis with the gaps of dilation. */
  long extent(int axis) {
    return (size[axis] - 1) * dilation[axis] + 1;
  }

  private Edge edge(int axis, long length) {
    return switch (padding) {
      case VALID -> new Edge(0, 0);
      case CAUSAL -> new Edge(extent(axis) - 1, 0);
      case SAME -> {
        long steps = Math.ceilDiv(length, strides[axis]);
        long all = Math.max((steps - 1) * strides[axis] + extent(axis) - length, 0);
        yield new Edge(all / 2, all - all / 2);
      }
    };
  }

  /** An image of channels first with what the window needs around it. */
  Tensor padded(Tensor image, double value) {
    return padded(image, edges(spatial(image)), value);
  }

  /** An image of channels first with elements around it; with fewer where an edge is negative. */
  static Tensor padded(Tensor image, Edge[] edges, double value) {
    if (!anySet(edges)) {
      return image;
    }
    long[] amounts = new long[2 * edges.length];
    for (int i = 0; i < edges.length; i++) {
      // libtorch counts from the last axis.
      amounts[2 * (edges.length - 1 - i)] = edges[i].before();
      amounts[2 * (edges.length - 1 - i) + 1] = edges[i].after();
    }
    return torch.constant_pad_nd(image, amounts, new Scalar(value));
  }

  /** Whether the window needs something around an image of channels first. */
  boolean pads(Tensor image) {
    return anySet(edges(spatial(image)));
  }

  private static boolean anySet(Edge[] edges) {
    return Arrays.stream(edges).anyMatch(edge -> edge.before() != 0 || edge.after() != 0);
  }

  /** The spatial sizes of an image of channels first. */
  static long[] spatial(Tensor image) {
    return Arrays.copyOfRange(image.shape(), 2, Math.toIntExact(image.dim()));
  }
}
