package io.github.checkpoint4j.keras.network;

import io.github.checkpoint4j.format.UnsupportedFeatureException;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** {@code LayerNormalization}, {@code RMSNormalization} and {@code GroupNormalization}. */
final class Normalization extends TensorLayer {
  private final Kind kind;
  private final long[] axes;
  private final double epsilon;
  private final long groups;
  private final Optional<Tensor> weight;
  private final Optional<Tensor> bias;

  /** What is normalised together. */
  enum Kind {
    /** Some axes, by mean and variance. */
    LAYER,
    /** Some axes, by the root of the mean square. */
    RMS,
    /** Groups of channels, by mean and variance. */
    GROUP
  }

  Normalization(LayerSpec spec, Kind kind) throws UnsupportedFeatureException {
    super(spec, kind == Kind.RMS ? Masks.DROPPED : Masks.PASSED);
    this.kind = kind;
    if (kind == Kind.LAYER) {
      spec.requireOff("rms_scaling", "use RMSNormalization");
    }
    axes = spec.integers("axis");
    epsilon = spec.real("epsilon");
    groups = kind == Kind.GROUP ? spec.integer("groups") : 1;
    boolean scaled = kind == Kind.RMS || spec.flag("scale");
    boolean centered = kind != Kind.RMS && spec.flag("center");
    String first = scaled ? "weight" : "bias";
    long[] shape = new long[scaled || centered ? axes.length : 0];
    for (int i = 0; i < shape.length; i++) {
      shape[i] = spec.inputSize(axes[i], first, i);
    }
    weight =
        scaled
            ? Optional.of(weight(Weight.of("weight", kind == Kind.RMS ? "scale" : "gamma", shape)))
            : Optional.empty();
    bias = centered ? Optional.of(weight(Weight.of("bias", "beta", shape))) : Optional.empty();
    if (kind == Kind.RMS) {
      // Keras's initializer of the scale is not an option of the layer.
      new Initializer.Constant(1).fill(weight.orElseThrow(), shape);
    }
  }

  @Override
  Tensor apply(Tensor x) {
    int rank = Math.toIntExact(x.dim());
    long[] normalizedAxes = LongStream.of(axes).map(axis -> LayerSpec.axisOf(axis, rank)).toArray();
    if (kind == Kind.GROUP) {
      long[] first = {1};
      Tensor moved = x.movedim(normalizedAxes, first);
      return torch
          .group_norm(moved, groups, optional(weight), optional(bias), epsilon, false)
          .movedim(first, normalizedAxes);
    }
    long[] last = LongStream.range(rank - axes.length, rank).toArray();
    Tensor moved = Arrays.equals(normalizedAxes, last) ? x : x.movedim(normalizedAxes, last);
    long[] shape = Arrays.copyOfRange(moved.shape(), rank - axes.length, rank);
    Tensor normalized =
        kind == Kind.RMS
            ? torch.rms_norm(moved, shape, optional(weight), new DoubleOptional(epsilon))
            : torch.layer_norm(moved, shape, optional(weight), optional(bias), epsilon, false);
    return Arrays.equals(normalizedAxes, last)
        ? normalized
        : normalized.movedim(last, normalizedAxes);
  }
}
