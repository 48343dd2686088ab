package io.github.checkpoint4j.keras.network;

import io.github.checkpoint4j.format.UnsupportedFeatureException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bytedeco.pytorch.Tensor;

/**
 * Keras's {@code Dense}, and {@code EinsumDense} where it is the same; PyTorch's {@code Linear}: on
 * the last axis of a tensor of any rank.
 */
final class Dense extends TensorLayer {
  /** A product of the last axis by a matrix, such as {@code abc,cd->abd}. */
  private static final Pattern LINEAR =
      Pattern.compile("(?<rest>(?:\\.\\.\\.)?[a-zA-Z]*)([a-zA-Z]),\\2([a-zA-Z])->\\k<rest>\\3");

  private final Projection projection;

  private Dense(LayerSpec spec, Masks masks, long units, boolean biased)
      throws UnsupportedFeatureException {
    super(spec, masks, Activation.of(spec, "activation"));
    spec.requireOff("quantization_config", "load the model before it was quantized");
    projection = Projection.in(this, this, spec.inputSize(-1, "weight", 1), units, biased);
  }

  static Dense of(LayerSpec spec) throws UnsupportedFeatureException {
    return new Dense(spec, Masks.PASSED, spec.integer("units"), spec.flag("use_bias"));
  }

  static Dense einsum(LayerSpec spec) throws UnsupportedFeatureException {
    String equation = spec.text("equation").replace(" ", "");
    Matcher linear = LINEAR.matcher(equation);
    boolean biased = spec.isSet("bias_axes");
    if (!linear.matches() || (biased && !spec.text("bias_axes").equals(linear.group(3)))) {
      throw spec.unsupported(
          "the equation '%s' is not the product of the last axis by a matrix, with a bias of its own"
                  .formatted(equation)
              + " axis at most; only that is supported, for instance 'abc,cd->abd'");
    }
    long[] output = spec.integers("output_shape");
    return new Dense(spec, Masks.DROPPED, output[output.length - 1], biased);
  }

  @Override
  Tensor apply(Tensor x) {
    return projection.apply(x);
  }
}
