package io.github.checkpoint4j.torch;

import java.util.Optional;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * A pass of autograd from several tensors whose gradients are known, as {@code
 * torch.autograd.backward}. To be made and run in one {@link org.bytedeco.javacpp.PointerScope}.
 */
final class BackwardPass {
  private final TensorVector roots = new TensorVector();
  private final TensorVector gradients = new TensorVector();

  /** Takes the gradient of a leaf away; empty if it has none. */
  static Optional<Tensor> takeGradient(Tensor leaf) {
    if (!leaf.grad().defined()) {
      return Optional.empty();
    }
    Tensor gradient = new Tensor(leaf.grad());
    leaf.mutable_grad().reset();
    return Optional.of(gradient);
  }

  void from(Tensor root, Tensor gradient) {
    roots.push_back(root);
    gradients.push_back(gradient);
  }

  /**
   * Goes on with the sum that the gradient of a leaf is so far, instead of adding a sum to it: so
   * its terms are added up one by one, as if all were one pass.
   */
  void goOnAt(Tensor leaf) {
    takeGradient(leaf).ifPresent(sum -> from(leaf, sum));
  }

  boolean isEmpty() {
    return roots.empty();
  }

  /** Adds the gradients of all leaves that the roots depend on. */
  void run() {
    torch.backward(roots, gradients, new BoolOptional(), false, new TensorVector());
  }
}
