package io.github.checkpoint4j.keras.network;

import io.github.checkpoint4j.format.UnsupportedFeatureException;
import org.bytedeco.pytorch.Tensor;

/** Keras's {@code Dense}, PyTorch's {@code Linear}: on the last axis of a tensor of any rank. */
final class Dense extends TensorLayer {
  private final Projection projection;

  Dense(LayerSpec spec) throws UnsupportedFeatureException {
    super(spec, Masks.PASSED, Activation.of(spec, "activation"));
    spec.requireOff("quantization_config", "load the model before it was quantized");
    projection =
        Projection.in(this, this, spec.inputSize(-1), spec.integer("units"), spec.flag("use_bias"));
  }

  @Override
  Tensor apply(Tensor x) {
    return projection.apply(x);
  }
}
