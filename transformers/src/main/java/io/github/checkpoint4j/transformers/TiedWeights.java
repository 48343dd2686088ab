package io.github.checkpoint4j.transformers;

import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import java.util.List;
import java.util.Optional;

/** Whether the weights of a file are tied. */
final class TiedWeights {
  private TiedWeights() {}

  /**
   * Whether a file holds two weights that the model has as one, and they are not the same: then
   * transformers does not tie them, and says so.
   *
   * @param first the names that the one may have
   * @param second the name of the other
   */
  static boolean differ(StateDict weights, List<String> first, String second) {
    Optional<Tensor> one =
        first.stream().flatMap(name -> tensor(weights, name).stream()).findFirst();
    Optional<Tensor> other = tensor(weights, second);
    return one.isPresent() && other.isPresent() && !one.get().hasSameBytes(other.get());
  }

  private static Optional<Tensor> tensor(StateDict weights, String name) {
    return weights.find(name).filter(Tensor.class::isInstance).map(Tensor.class::cast);
  }
}
