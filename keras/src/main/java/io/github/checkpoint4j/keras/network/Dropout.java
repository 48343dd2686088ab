package io.github.checkpoint4j.keras.network;

import java.util.Arrays;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Noise in training, from libtorch's default generator; nothing in prediction. */
final class Dropout extends TensorLayer {
  private final Noise noise;

  /** What is done to a tensor in training. */
  @FunctionalInterface
  private interface Noise {
    Tensor on(Tensor x);
  }

  private Dropout(LayerSpec spec, Noise noise) {
    super(spec, Masks.PASSED);
    this.noise = noise;
  }

  /** Elements become 0, or as many as {@code noise_shape} says together. */
  static Dropout of(LayerSpec spec) {
    double rate = rate(spec);
    if (!spec.isSet("noise_shape")) {
      return new Dropout(spec, x -> torch.dropout(x, rate, true));
    }
    long[] shape = spec.integers("noise_shape");
    return new Dropout(
        spec,
        x -> {
          long[] drawn = shape.clone();
          for (int i = 0; i < drawn.length; i++) {
            drawn[i] = drawn[i] == LayerSpec.UNKNOWN ? x.size(i) : drawn[i];
          }
          return x.mul(kept(x, rate, drawn));
        });
  }

  /** Whole channels become 0. */
  static Dropout spatial(LayerSpec spec, int rank) {
    double rate = rate(spec);
    boolean channelsFirst = spec.channelsFirst();
    return new Dropout(
        spec,
        x -> {
          long[] drawn = new long[rank + 2];
          Arrays.fill(drawn, 1);
          drawn[0] = x.size(0);
          int channels = channelsFirst ? 1 : rank + 1;
          drawn[channels] = x.size(channels);
          return x.mul(kept(x, rate, drawn));
        });
  }

  /** Multiplied by numbers about 1. */
  static Dropout gaussian(LayerSpec spec) {
    double rate = rate(spec);
    double deviation = Math.sqrt(rate / (1 - rate));
    return new Dropout(
        spec, x -> x.mul(torch.randn_like(x).mul(new Scalar(deviation)).add(new Scalar(1.0))));
  }

  /** With numbers about 0 added. */
  static Dropout noise(LayerSpec spec) {
    double deviation = spec.real("stddev");
    return new Dropout(spec, x -> x.add(torch.randn_like(x), new Scalar(deviation)));
  }

  /** Keeps mean and variance of what a selu made. */
  static Dropout alpha(LayerSpec spec) {
    double rate = rate(spec);
    return new Dropout(spec, x -> torch.alpha_dropout(x, rate, true));
  }

  private static double rate(LayerSpec spec) {
    double rate = spec.real("rate");
    if (!(rate >= 0 && rate <= 1)) {
      throw new IllegalArgumentException(
          "its rate is %s; expected a number from 0 to 1".formatted(rate));
    }
    return rate;
  }

  /** 0 for what is dropped, and 1 / (1 - rate) for the rest. */
  static Tensor kept(Tensor x, double rate, long... shape) {
    return torch.dropout(x.new_ones(shape, x.options()), rate, true);
  }

  @Override
  Tensor apply(Tensor x) {
    return is_training() ? noise.on(x) : x;
  }
}
