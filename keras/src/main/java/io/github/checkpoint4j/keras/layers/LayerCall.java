package io.github.checkpoint4j.keras.layers;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One call of a layer in a {@link FunctionalConfig}.
 *
 * @param args the arguments by place: the input, or a list of inputs, and what else the layer takes
 * @param kwargs the arguments by name
 */
public record LayerCall(List<CallArgument> args, Map<String, CallArgument> kwargs) {
  public LayerCall {
    args = List.copyOf(args);
    kwargs = Collections.unmodifiableMap(new LinkedHashMap<>(kwargs));
  }
}
