package io.github.checkpoint4j.keras.network;

import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/**
 * A tensor with what Keras attaches to it.
 *
 * @param mask boolean, [batch, steps]: false for steps to be passed over; empty if all count
 * @param logits what a sigmoid or softmax made the tensor of; a loss is computed from them
 */
record MaskedTensor(Tensor tensor, Optional<Tensor> mask, Optional<Tensor> logits) {
  static MaskedTensor of(Tensor tensor) {
    return new MaskedTensor(tensor, Optional.empty(), Optional.empty());
  }

  static MaskedTensor of(Tensor tensor, Optional<Tensor> mask) {
    return new MaskedTensor(tensor, mask, Optional.empty());
  }

  MaskedTensor withoutMask() {
    return new MaskedTensor(tensor, Optional.empty(), logits);
  }
}
