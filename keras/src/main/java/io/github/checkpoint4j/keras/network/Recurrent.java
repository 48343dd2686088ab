package io.github.checkpoint4j.keras.network;

import io.github.checkpoint4j.format.UnsupportedFeatureException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/** {@code LSTM}, {@code GRU} and {@code SimpleRNN}. */
final class Recurrent extends Layer {
  private final Recurrence recurrence;
  private final boolean returnsState;

  Recurrent(LayerSpec spec, RecurrentCell.Kind kind) throws UnsupportedFeatureException {
    super(spec);
    recurrence = new Recurrence(this, spec, kind, "");
    returnsState = spec.flag("return_state");
  }

  @Override
  List<MaskedTensor> call(CallArguments arguments) {
    Optional<List<Tensor>> initial = initialStates(arguments);
    Optional<Tensor> mask = mask(arguments, initial);
    Recurrence.Result result =
        recurrence.run(arguments.first().tensor(), mask, initial, is_training());
    List<MaskedTensor> outputs = new ArrayList<>();
    outputs.add(
        MaskedTensor.of(result.output(), recurrence.returnsSequences() ? mask : Optional.empty()));
    if (returnsState) {
      result.states().forEach(state -> outputs.add(MaskedTensor.of(state)));
    }
    return outputs;
  }

  /** The states that a recurrent layer is called with. */
  static Optional<List<Tensor>> initialStates(CallArguments arguments) {
    return arguments
        .find(1, "initial_state")
        .map(states -> states.tensors().map(MaskedTensor::tensor).toList())
        .filter(states -> !states.isEmpty());
  }

  /** As in Keras a sequence's own mask does not count if initial states are given, too. */
  static Optional<Tensor> mask(CallArguments arguments, Optional<List<Tensor>> initial) {
    return initial.isPresent() && arguments.tensor(Integer.MAX_VALUE, "mask").isEmpty()
        ? Optional.empty()
        : arguments.mask();
  }
}
