package io.github.checkpoint4j.keras.network;

import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;

/** A layer without weights that does the same in training and in prediction. */
final class FunctionLayer extends TensorLayer {
  private final UnaryOperator<Tensor> function;

  FunctionLayer(LayerSpec spec, Masks masks, UnaryOperator<Tensor> function) {
    super(spec, masks);
    this.function = function;
  }

  /** A layer that is an activation. */
  FunctionLayer(LayerSpec spec, Activation activation) {
    super(spec, Masks.PASSED, activation);
    this.function = x -> x;
  }

  @Override
  Tensor apply(Tensor x) {
    return function.apply(x);
  }
}
