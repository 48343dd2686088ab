package io.github.checkpoint4j.keras.layers;

import io.github.checkpoint4j.format.Json;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** What a layer is called on. */
public sealed interface CallArgument {
  /**
   * An output of a layer.
   *
   * @param layer the layer's name
   * @param call which of the layer's {@link LayerConfig#calls}, from 0; 0 of an {@code InputLayer}
   * @param tensor which of the outputs of that call, from 0
   */
  record Output(String layer, int call, int tensor) implements CallArgument {}

  /** A list or tuple. */
  record Items(List<CallArgument> values) implements CallArgument {
    public Items {
      values = List.copyOf(values);
    }
  }

  /** A dict. */
  record Fields(Map<String, CallArgument> values) implements CallArgument {
    public Fields {
      values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
    }
  }

  /** A value without any output in it: {@code false}, {@code null}, {@code 1.0}. */
  record Constant(Json value) implements CallArgument {}

  /** The outputs in it, in order. */
  default Stream<Output> allOutputs() {
    return switch (this) {
      case Output output -> Stream.of(output);
      case Items(List<CallArgument> values) -> values.stream().flatMap(CallArgument::allOutputs);
      case Fields(Map<String, CallArgument> values) ->
          values.values().stream().flatMap(CallArgument::allOutputs);
      case Constant _ -> Stream.empty();
    };
  }
}
