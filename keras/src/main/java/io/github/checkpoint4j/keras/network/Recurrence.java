package io.github.checkpoint4j.keras.network;

import io.github.checkpoint4j.format.UnsupportedFeatureException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** A sequence through a recurrent cell in one direction, with Keras's options. */
final class Recurrence {
  private final RecurrentCell cell;
  private final boolean returnsSequences;
  private final boolean goesBackwards;
  private final boolean zeroOutputForMask;
  private final double dropout;
  private final double recurrentDropout;

  Recurrence(Layer layer, LayerSpec spec, RecurrentCell.Kind kind, String suffix)
      throws UnsupportedFeatureException {
    spec.requireOff("stateful", "states are not kept between batches: set it to False");
    spec.requireOff("quantization_config", "load the model before it was quantized");
    cell = new RecurrentCell(layer, spec, kind, suffix);
    returnsSequences = spec.flag("return_sequences");
    goesBackwards = spec.flag("go_backwards");
    zeroOutputForMask = spec.flag("zero_output_for_mask");
    dropout = spec.real("dropout", 0);
    recurrentDropout = spec.real("recurrent_dropout", 0);
  }

  /** The kind of a recurrent layer; empty if it is another layer. */
  static Optional<RecurrentCell.Kind> kind(LayerSpec spec) {
    return switch (spec.className()) {
      case "LSTM" -> Optional.of(RecurrentCell.Kind.LSTM);
      case "GRU" -> Optional.of(RecurrentCell.Kind.GRU);
      case "SimpleRNN" -> Optional.of(RecurrentCell.Kind.SIMPLE);
      default -> Optional.empty();
    };
  }

  boolean returnsSequences() {
    return returnsSequences;
  }

  /**
   * Output and states.
   *
   * @param output [batch, units] of the last step, or [batch, steps, units]; if the sequence is
   *     gone through backwards, in that order
   * @param states each [batch, units], after the last step
   */
  record Result(Tensor output, List<Tensor> states) {}

  /**
   * Goes through a sequence.
   *
   * @param x [batch, steps, features]
   * @param mask [batch, steps]: where false, states stay as they are, and the output is that of the
   *     step before
   * @param initial the states before the first step; zeros if empty
   */
  Result run(Tensor x, Optional<Tensor> mask, Optional<List<Tensor>> initial, boolean training) {
    Tensor ordered = goesBackwards ? x.flip(1) : x;
    List<Tensor> states = initial.orElseGet(() -> cell.zeros(x));
    if (training && dropout > 0) {
      // The same features at all steps.
      ordered = ordered.mul(Dropout.kept(x, dropout, x.size(0), 1, x.size(2)));
    }
    boolean dropsRecurrent = training && recurrentDropout > 0;
    if (mask.isEmpty() && cell.isFused() && !dropsRecurrent) {
      RecurrentCell.Run run = cell.fused(ordered, states);
      Tensor output = returnsSequences ? run.outputs() : run.outputs().select(1, x.size(1) - 1);
      return new Result(output, run.states());
    }
    Optional<Tensor> kept =
        dropsRecurrent
            ? Optional.of(Dropout.kept(x, recurrentDropout, states.getFirst().shape()))
            : Optional.empty();
    return steps(
        cell.projected(ordered),
        mask.map(steps -> goesBackwards ? steps.flip(1) : steps),
        kept,
        states);
  }

  private Result steps(
      Tensor projected, Optional<Tensor> mask, Optional<Tensor> kept, List<Tensor> initial) {
    List<Tensor> states = initial;
    Tensor output = torch.zeros_like(initial.getFirst());
    List<Tensor> outputs = new ArrayList<>();
    for (long i = 0; i < projected.size(1); i++) {
      Tensor seen = states.getFirst();
      List<Tensor> next =
          cell.step(projected.select(1, i), kept.map(seen::mul).orElse(seen), states);
      if (mask.isPresent()) {
        Tensor counts = mask.get().select(1, i).unsqueeze(-1);
        Tensor otherwise = zeroOutputForMask ? torch.zeros_like(output) : output;
        output = torch.where(counts, next.getFirst(), otherwise);
        states = chosen(counts, next, states);
      } else {
        output = next.getFirst();
        states = next;
      }
      outputs.add(output);
    }
    return new Result(
        returnsSequences
            ? torch.stack(new TensorVector(outputs.toArray(Tensor[]::new)), 1)
            : output,
        Collections.unmodifiableList(states));
  }

  private static List<Tensor> chosen(Tensor counts, List<Tensor> next, List<Tensor> before) {
    List<Tensor> chosen = new ArrayList<>();
    for (int i = 0; i < next.size(); i++) {
      chosen.add(torch.where(counts, next.get(i), before.get(i)));
    }
    return chosen;
  }
}
