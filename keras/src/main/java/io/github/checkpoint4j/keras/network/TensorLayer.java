package io.github.checkpoint4j.keras.network;

import io.github.checkpoint4j.format.UnsupportedFeatureException;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/** A layer that makes one tensor of one, with an activation after it. */
abstract class TensorLayer extends Layer {
  private final Masks masks;
  private final Activation activation;

  /** What becomes of the mask of the input. */
  enum Masks {
    /** The output has it, too. */
    PASSED,
    /** It is lost: Keras's layers that do not support masking. */
    DROPPED
  }

  TensorLayer(LayerSpec spec, Masks masks) {
    this(spec, masks, Activation.LINEAR);
  }

  TensorLayer(LayerSpec spec, Masks masks, Activation activation) {
    super(spec);
    this.masks = masks;
    this.activation = activation;
  }

  /** What an instance of a layer is made by. */
  @FunctionalInterface
  interface Factory {
    Layer of(LayerSpec spec) throws UnsupportedFeatureException;
  }

  @Override
  final List<MaskedTensor> call(CallArguments arguments) {
    Optional<Tensor> mask = arguments.mask();
    Tensor made = apply(arguments.first().tensor(), mask);
    Tensor activated = activation.apply(made);
    return List.of(
        new MaskedTensor(
            activated,
            masks == Masks.PASSED ? mask : Optional.empty(),
            activation.keepsLogits() ? Optional.of(made) : Optional.empty()));
  }

  /** The output before the activation. */
  abstract Tensor apply(Tensor x);

  /** The output before the activation, for a layer that looks at the mask. */
  Tensor apply(Tensor x, Optional<Tensor> mask) {
    return apply(x);
  }
}
