package io.github.checkpoint4j.keras.network;

import io.github.checkpoint4j.format.Json;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/** The arguments of one call of a layer, as in Python: by position and by name. */
record CallArguments(List<Argument> positional, Map<String, Argument> named) {
  CallArguments {
    positional = List.copyOf(positional);
    named = Map.copyOf(named);
  }

  static CallArguments of(MaskedTensor tensor) {
    return new CallArguments(List.of(new Argument.Single(tensor)), Map.of());
  }

  /** The argument at a position or under a name; empty if there is none. */
  Optional<Argument> find(int position, String name) {
    return position < positional.size()
        ? Optional.of(positional.get(position))
        : Optional.ofNullable(named.get(name));
  }

  /** The tensor at a position or under a name; empty if there is none. */
  Optional<MaskedTensor> tensor(int position, String name) {
    return find(position, name).flatMap(argument -> argument.tensors().findFirst());
  }

  /**
   * The tensors of the first argument.
   *
   * @throws IllegalArgumentException if there are none
   */
  List<MaskedTensor> tensors() {
    List<MaskedTensor> tensors =
        positional.isEmpty()
            ? named.values().stream().flatMap(Argument::tensors).toList()
            : positional.getFirst().tensors().toList();
    if (tensors.isEmpty()) {
      throw new IllegalArgumentException("a layer is called without a tensor");
    }
    return tensors;
  }

  /** The first tensor. */
  MaskedTensor first() {
    return tensors().getFirst();
  }

  /** The mask that was given by name, or else the first tensor's own. */
  Optional<Tensor> mask() {
    Optional<Tensor> given = tensor(Integer.MAX_VALUE, "mask").map(MaskedTensor::tensor);
    return given.isPresent() ? given : first().mask();
  }

  /** Whether an argument is there and true. */
  boolean flag(String name) {
    return named.get(name) instanceof Argument.Constant(Json.Bool(boolean value)) && value;
  }
}
