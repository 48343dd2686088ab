package io.github.checkpoint4j.keras.network;

import io.github.checkpoint4j.format.UnsupportedFeatureException;
import java.util.Optional;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** The largest or the average of what is in a window; what is put around an image is left out. */
final class Pooling extends TensorLayer {
  private final Window window;
  private final boolean largest;

  private Pooling(LayerSpec spec, Window window, boolean largest) {
    super(spec, Masks.DROPPED);
    this.window = window;
    this.largest = largest;
  }

  static Pooling max(LayerSpec spec, int rank) throws UnsupportedFeatureException {
    return new Pooling(spec, Window.of(spec, "pool_size", rank), true);
  }

  static Pooling average(LayerSpec spec, int rank) throws UnsupportedFeatureException {
    return new Pooling(spec, Window.of(spec, "pool_size", rank), false);
  }

  @Override
  Tensor apply(Tensor x) {
    Tensor image = window.toChannelsFirst(x);
    return window.fromChannelsFirst(largest ? largest(image) : average(image));
  }

  private Tensor largest(Tensor image) {
    Tensor padded = window.padded(image, Double.NEGATIVE_INFINITY);
    long[] size = window.size();
    long[] strides = window.strides();
    long[] zeros = window.zeros();
    long[] dilation = window.dilation();
    return switch (window.rank()) {
      case 1 -> torch.max_pool1d(padded, size, strides, zeros, dilation, false);
      case 2 -> torch.max_pool2d(padded, size, strides, zeros, dilation, false);
      default -> torch.max_pool3d(padded, size, strides, zeros, dilation, false);
    };
  }

  private Tensor average(Tensor image) {
    Tensor averages = pooled(window.padded(image, 0));
    return window.pads(image)
        ? averages.div(pooled(window.padded(torch.ones_like(image), 0)))
        : averages;
  }

  private Tensor pooled(Tensor image) {
    long[] size = window.size();
    long[] strides = window.strides();
    long[] zeros = window.zeros();
    return switch (window.rank()) {
      case 1 -> torch.avg_pool1d(image, size, strides, zeros, false, true);
      case 2 -> torch.avg_pool2d(image, size, strides, zeros, false, true, new LongOptional());
      default -> torch.avg_pool3d(image, size, strides, zeros, false, true, new LongOptional());
    };
  }

  /** The largest or the average of all steps or places. */
  static final class Global extends TensorLayer {
    private final int rank;
    private final boolean largest;
    private final boolean keepsAxes;
    private final long[] axes;

    Global(LayerSpec spec, int rank, boolean largest) {
      super(spec, Masks.DROPPED);
      this.rank = rank;
      this.largest = largest;
      keepsAxes = spec.flag("keepdims");
      axes = new long[rank];
      for (int i = 0; i < rank; i++) {
        axes[i] = spec.channelsFirst() ? i + 2 : i + 1;
      }
    }

    @Override
    Tensor apply(Tensor x) {
      return largest
          ? x.amax(axes, keepsAxes)
          : x.mean(axes, keepsAxes, new org.bytedeco.pytorch.ScalarTypeOptional());
    }

    @Override
    Tensor apply(Tensor x, Optional<Tensor> mask) {
      if (largest || rank > 1 || mask.isEmpty()) {
        return apply(x);
      }
      // Of a sequence the steps that are passed over do not count.
      Tensor counted = mask.get().to(x.scalar_type()).unsqueeze(spec().channelsFirst() ? 1 : 2);
      var none = new org.bytedeco.pytorch.ScalarTypeOptional();
      return x.mul(counted).sum(axes, keepsAxes, none).div(counted.sum(axes, keepsAxes, none));
    }
  }
}
