package io.github.checkpoint4j.keras.network;

import io.github.checkpoint4j.format.Json;
import java.util.List;
import java.util.stream.Stream;

/** What a layer is called with: tensors, lists of them, or constants of the configuration. */
sealed interface Argument {
  /** A tensor. */
  record Single(MaskedTensor value) implements Argument {}

  /** A list or tuple. */
  record Several(List<Argument> items) implements Argument {
    public Several {
      items = List.copyOf(items);
    }
  }

  /** A constant. */
  record Constant(Json value) implements Argument {}

  /** The tensors in it, in order. */
  default Stream<MaskedTensor> tensors() {
    return switch (this) {
      case Single single -> Stream.of(single.value());
      case Several several -> several.items().stream().flatMap(Argument::tensors);
      case Constant _ -> Stream.empty();
    };
  }
}
