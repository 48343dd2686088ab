package io.github.checkpoint4j.keras.layers;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * {@code Bidirectional} of a recurrent layer: PyTorch's tensors of the layer that goes back end in
 * {@code _reverse}.
 */
final class BidirectionalRule implements LayerRule {
  private static final Set<String> RECURRENT = Set.of("LSTM", "GRU", "SimpleRNN");

  @Override
  public List<LayerVariable> variables(LayerConfig layer)
      throws CorruptFileException, UnsupportedFeatureException {
    LayerConfig forward = layer.wrapped("layer");
    Optional<LayerConfig> other = layer.findWrapped("backward_layer");
    LayerConfig backward = other.orElse(forward);
    if (!RECURRENT.contains(forward.className())
        || !backward.className().equals(forward.className())) {
      throw LayerRule.refusal(
          layer,
          "only two LSTM, GRU or SimpleRNN layers have a bidirectional counterpart in PyTorch, not "
              + forward.className()
              + " and "
              + backward.className());
    }
    String backwardName =
        other.isPresent() ? backward.name() : prefixed("backward_", forward.name());
    return Stream.concat(
            LayerRules.variables(forward).stream()
                .map(
                    variable ->
                        variable.within("forward_layer", prefixed("forward_", forward.name()), "")),
            LayerRules.variables(backward).stream()
                .map(
                    variable ->
                        variable
                            .renamed(name -> name + "_reverse")
                            .within("backward_layer", backwardName, "")))
        .toList();
  }

  private static String prefixed(String prefix, String name) {
    return name.startsWith(prefix) ? name : prefix + name;
  }
}
