package io.github.checkpoint4j.keras.network;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import java.util.Arrays;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * How the first values of a weight are drawn: from Keras's distributions, with libtorch's random
 * numbers.
 *
 * @see <a
 *     href="https://github.com/keras-team/keras/blob/v3.15.1/keras/src/initializers/random_initializers.py">keras/src/initializers/random_initializers.py</a>
 */
sealed interface Initializer {
  /**
   * Overwrites a tensor.
   *
   * @param shape the shape of the weight in Keras
   */
  void fill(Tensor tensor, long[] shape);

  /** One value. */
  record Constant(double value) implements Initializer {
    @Override
    public void fill(Tensor tensor, long[] shape) {
      try (var _ = new NoGradGuard()) {
        tensor.fill_(new Scalar(value));
      }
    }
  }

  /** Evenly from a range. */
  record Uniform(double from, double to) implements Initializer {
    @Override
    public void fill(Tensor tensor, long[] shape) {
      try (var _ = new NoGradGuard()) {
        tensor.uniform_(from, to, new GeneratorOptional());
      }
    }
  }

  /** From a normal distribution, by choice without what is beyond two deviations. */
  record Normal(double mean, double deviation, boolean truncated) implements Initializer {
    @Override
    public void fill(Tensor tensor, long[] shape) {
      try (var _ = new NoGradGuard()) {
        tensor.normal_(mean, deviation, new GeneratorOptional());
        while (truncated) {
          Tensor outside = tensor.sub(new Scalar(mean)).abs().gt(new Scalar(2 * deviation));
          if (!outside.any().item_bool()) {
            return;
          }
          Tensor again = torch.empty_like(tensor).normal_(mean, deviation, new GeneratorOptional());
          tensor.copy_(torch.where(outside, again, tensor));
        }
      }
    }
  }

  /**
   * With a variance of {@code scale} by the number of inputs, of outputs, or their mean.
   *
   * @param mode {@code fan_in}, {@code fan_out} or {@code fan_avg}
   * @param distribution {@code uniform}, {@code untruncated_normal} or {@code truncated_normal}
   */
  record VarianceScaling(double scale, String mode, String distribution) implements Initializer {
    /** The deviation of a standard normal distribution that is cut at two. */
    private static final double TRUNCATED_DEVIATION = 0.8796256610342398;

    @Override
    public void fill(Tensor tensor, long[] shape) {
      double count =
          switch (mode) {
            case "fan_in" -> fanIn(shape);
            case "fan_out" -> fanOut(shape);
            default -> (fanIn(shape) + fanOut(shape)) / 2;
          };
      double variance = scale / Math.max(1, count);
      Initializer drawn =
          switch (distribution) {
            case "uniform" -> new Uniform(-Math.sqrt(3 * variance), Math.sqrt(3 * variance));
            case "untruncated_normal" -> new Normal(0, Math.sqrt(variance), false);
            default -> new Normal(0, Math.sqrt(variance) / TRUNCATED_DEVIATION, true);
          };
      drawn.fill(tensor, shape);
    }

    private static double fanIn(long[] shape) {
      return shape.length < 2 ? fanOut(shape) : field(shape) * shape[shape.length - 2];
    }

    private static double fanOut(long[] shape) {
      return shape.length == 0 ? 1 : field(shape) * shape[shape.length - 1];
    }

    private static double field(long[] shape) {
      return Arrays.stream(shape, 0, Math.max(0, shape.length - 2))
          .asDoubleStream()
          .reduce(1, (one, other) -> one * other);
    }
  }

  /** Rows or columns that are orthogonal. */
  record Orthogonal(double gain) implements Initializer {
    @Override
    public void fill(Tensor tensor, long[] shape) {
      torch.orthogonal_(tensor, gain);
    }
  }

  /**
   * The initializer that an option of a layer names; zeros if it is null or not there.
   *
   * @throws UnsupportedFeatureException if it is not one of Keras's that is known here
   */
  static Initializer of(LayerSpec spec, String option) throws UnsupportedFeatureException {
    if (!spec.isSet(option)) {
      return new Constant(0);
    }
    Json value = spec.config().get(option);
    if (value instanceof Json.Obj named
        && named.get("config") instanceof Json.Obj config
        && named.get("class_name") instanceof Json.Str(String name)) {
      switch (name) {
        case "Zeros" -> {
          return new Constant(0);
        }
        case "Ones" -> {
          return new Constant(1);
        }
        case "Constant" -> {
          return new Constant(config.real("value"));
        }
        case "RandomUniform" -> {
          return new Uniform(config.real("minval"), config.real("maxval"));
        }
        case "RandomNormal" -> {
          return new Normal(config.real("mean"), config.real("stddev"), false);
        }
        case "TruncatedNormal" -> {
          return new Normal(config.real("mean"), config.real("stddev"), true);
        }
        case "GlorotUniform" -> {
          return new VarianceScaling(1, "fan_avg", "uniform");
        }
        case "GlorotNormal" -> {
          return new VarianceScaling(1, "fan_avg", "truncated_normal");
        }
        case "HeUniform" -> {
          return new VarianceScaling(2, "fan_in", "uniform");
        }
        case "HeNormal" -> {
          return new VarianceScaling(2, "fan_in", "truncated_normal");
        }
        case "LecunUniform" -> {
          return new VarianceScaling(1, "fan_in", "uniform");
        }
        case "LecunNormal" -> {
          return new VarianceScaling(1, "fan_in", "truncated_normal");
        }
        case "VarianceScaling" -> {
          return new VarianceScaling(
              config.real("scale"), config.text("mode"), config.text("distribution"));
        }
        case "Orthogonal", "OrthogonalInitializer" -> {
          return new Orthogonal(config.real("gain"));
        }
        default -> {}
      }
    }
    throw spec.unsupported(
        "it has %s %s, which is not supported; give one of Keras's in Keras"
            .formatted(option, value.toText()));
  }
}
