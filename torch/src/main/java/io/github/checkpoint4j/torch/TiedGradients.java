package io.github.checkpoint4j.torch;

import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;

/**
 * The gradients of tied weights in a backward pass that is made of several. Each gets terms from
 * more than one of them: autograd adds up those of a batch first, and then adds that sum to what
 * earlier batches left.
 *
 * @param weights the parameters that have several names
 */
record TiedGradients(List<Tensor> weights) {
  /** Takes away what earlier batches left; empty for a weight that has no gradient yet. */
  List<Optional<Tensor>> take() {
    return weights.stream().map(BackwardPass::takeGradient).toList();
  }

  /** Lets a pass go on with the sums so far. */
  void goOnIn(BackwardPass pass) {
    weights.forEach(pass::goOnAt);
  }

  /** Adds the sums to what earlier batches left. */
  void addTo(List<Optional<Tensor>> earlier) {
    try (var _ = new NoGradGuard()) {
      for (int i = 0; i < weights.size(); i++) {
        Tensor weight = weights.get(i);
        earlier
            .get(i)
            .ifPresent(
                before -> {
                  BackwardPass.takeGradient(weight).ifPresent(before::add_);
                  weight.mutable_grad().put(before);
                });
      }
    }
  }
}
