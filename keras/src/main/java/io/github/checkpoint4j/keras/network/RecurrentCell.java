package io.github.checkpoint4j.keras.network;

import io.github.checkpoint4j.format.UnsupportedFeatureException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.T_TensorTensorTensor_T;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * The weights of an LSTM, a GRU or a simple RNN in one direction, and what a step does with them:
 * PyTorch's, whose gates are in another order than Keras's in a GRU.
 */
final class RecurrentCell {
  private final Kind kind;
  private final long units;
  private final Activation activation;
  private final Activation recurrentActivation;
  private final Tensor inputWeight;
  private final Tensor recurrentWeight;
  private final Optional<Tensor> inputBias;
  private final Optional<Tensor> recurrentBias;

  /** A kind of recurrent layer. */
  enum Kind {
    LSTM(4, 2),
    GRU(3, 1),
    SIMPLE(1, 1);

    private final int gates;
    private final int states;

    Kind(int gates, int states) {
      this.gates = gates;
      this.states = states;
    }
  }

  /**
   * A cell.
   *
   * @param layer whose weights those of the cell are
   * @param spec the recurrent layer; within a bidirectional one it is not {@code layer}'s own
   * @param suffix of the weights' names: {@code _reverse} for the backward direction
   */
  RecurrentCell(Layer layer, LayerSpec spec, Kind kind, String suffix)
      throws UnsupportedFeatureException {
    this.kind = kind;
    units = spec.integer("units");
    activation = Activation.of(spec, "activation");
    recurrentActivation =
        kind == Kind.SIMPLE ? Activation.LINEAR : Activation.of(spec, "recurrent_activation");
    if (kind == Kind.GRU && !spec.flag("reset_after")) {
      throw spec.unsupported(
          "it has reset_after False, for which PyTorch has no counterpart; train it with True");
    }
    long rows = Math.multiplyExact(units, kind.gates);
    long inputs = spec.inputSize(-1, "weight_ih_l0" + suffix, 1);
    inputWeight =
        layer.weight(
            Weight.of("weight_ih_l0" + suffix, "kernel", rows, inputs).inKeras(inputs, rows));
    recurrentWeight =
        layer.weight(
            Weight.of("weight_hh_l0" + suffix, "recurrent", rows, units).inKeras(units, rows));
    if (!spec.flag("use_bias")) {
      inputBias = Optional.empty();
      recurrentBias = Optional.empty();
      return;
    }
    Tensor bias = layer.weight(Weight.of("bias_ih_l0" + suffix, "bias", rows));
    if (kind == Kind.LSTM && spec.flag("unit_forget_bias")) {
      new Initializer.Constant(1).fill(bias.narrow(0, units, units), new long[] {units});
    }
    inputBias = Optional.of(bias);
    String name = "bias_hh_l0" + suffix;
    // Keras has one bias but in a GRU: PyTorch's second one is there, and stays as it is.
    recurrentBias =
        Optional.of(
            kind == Kind.GRU
                ? layer.weight(Weight.of(name, "bias", rows))
                : Weight.buffer(layer, name, 0, rows));
  }

  /** What the states are before the first step. */
  List<Tensor> zeros(Tensor x) {
    return Collections.nCopies(
        kind.states, x.new_zeros(new long[] {x.size(0), units}, x.options()));
  }

  /** Whether libtorch has all steps at once. */
  boolean isFused() {
    return activation.is("tanh") && (kind == Kind.SIMPLE || recurrentActivation.is("sigmoid"));
  }

  /**
   * Outputs and states.
   *
   * @param outputs [batch, steps, units]
   * @param states each [batch, units], after the last step
   */
  record Run(Tensor outputs, List<Tensor> states) {}

  /** All steps of {@code x}, [batch, steps, features], by libtorch's own loop. */
  Run fused(Tensor x, List<Tensor> states) {
    var weights = new TensorVector(inputWeight, recurrentWeight);
    inputBias.ifPresent(weights::push_back);
    recurrentBias.ifPresent(weights::push_back);
    boolean biased = inputBias.isPresent();
    List<Tensor> layered = states.stream().map(state -> state.unsqueeze(0)).toList();
    if (kind == Kind.LSTM) {
      T_TensorTensorTensor_T result =
          torch.lstm(
              x,
              new TensorVector(layered.toArray(Tensor[]::new)),
              weights,
              biased,
              1,
              0,
              false,
              false,
              true);
      return new Run(
          own(result.get0()), List.of(result.get1().squeeze(0), result.get2().squeeze(0)));
    }
    Tensor state = layered.getFirst();
    T_TensorTensor_T result =
        kind == Kind.GRU
            ? torch.gru(x, state, weights, biased, 1, 0, false, false, true)
            : torch.rnn_tanh(x, state, weights, biased, 1, 0, false, false, true);
    return new Run(own(result.get0()), List.of(result.get1().squeeze(0)));
  }

  /** A reference of its own: that of a tuple is gone with the tuple. */
  private static Tensor own(Tensor ofTuple) {
    return new Tensor(ofTuple);
  }

  /** What the input adds to the gates, for all steps at once: [batch, steps, gates * units]. */
  Tensor projected(Tensor x) {
    return torch.linear(x, inputWeight, Layer.optional(inputBias));
  }

  /**
   * The states after a step; the first is its output.
   *
   * @param input of {@link #projected}, [batch, gates * units]
   * @param seen the first state as the recurrent weights see it, with dropout
   */
  List<Tensor> step(Tensor input, Tensor seen, List<Tensor> states) {
    Tensor recurrent = torch.linear(seen, recurrentWeight, Layer.optional(recurrentBias));
    return switch (kind) {
      case SIMPLE -> List.of(activation.apply(input.add(recurrent)));
      case LSTM -> {
        List<Tensor> gates = gates(input.add(recurrent));
        Tensor carried =
            recurrentActivation
                .apply(gates.get(1))
                .mul(states.get(1))
                .add(recurrentActivation.apply(gates.get(0)).mul(activation.apply(gates.get(2))));
        Tensor output = recurrentActivation.apply(gates.get(3)).mul(activation.apply(carried));
        yield List.of(output, carried);
      }
      case GRU -> {
        List<Tensor> inputs = gates(input);
        List<Tensor> recurrents = gates(recurrent);
        Tensor reset = recurrentActivation.apply(inputs.get(0).add(recurrents.get(0)));
        Tensor update = recurrentActivation.apply(inputs.get(1).add(recurrents.get(1)));
        Tensor candidate = activation.apply(inputs.get(2).add(reset.mul(recurrents.get(2))));
        Tensor kept = update.mul(states.getFirst());
        yield List.of(kept.add(update.neg().add(new Scalar(1.0)).mul(candidate)));
      }
    };
  }

  private List<Tensor> gates(Tensor all) {
    List<Tensor> gates = new ArrayList<>();
    for (int i = 0; i < kind.gates; i++) {
      gates.add(all.narrow(-1, i * units, units));
    }
    return gates;
  }
}
