package io.github.checkpoint4j.keras.network;

import io.github.checkpoint4j.format.UnsupportedFeatureException;
import java.util.Optional;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * The weights of PyTorch's {@code Linear}.
 *
 * @param weight [outputs, inputs]
 * @param bias [outputs]
 */
record Projection(Tensor weight, Optional<Tensor> bias) {
  /** Makes the weights of {@code part}, which is the layer or a part of it. */
  static Projection in(Layer layer, Module part, long inputs, long outputs, boolean biased)
      throws UnsupportedFeatureException {
    Tensor weight =
        layer.weight(part, Weight.of("weight", "kernel", outputs, inputs).inKeras(inputs, outputs));
    return new Projection(
        weight,
        biased
            ? Optional.of(layer.weight(part, Weight.of("bias", "bias", outputs)))
            : Optional.empty());
  }

  /** The projection of the last axis. */
  Tensor apply(Tensor x) {
    return torch.linear(x, weight, Layer.optional(bias));
  }
}
