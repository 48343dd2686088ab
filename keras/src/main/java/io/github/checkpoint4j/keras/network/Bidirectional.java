package io.github.checkpoint4j.keras.network;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** A recurrent layer forwards, another backwards, and both outputs put together. */
final class Bidirectional extends Layer {
  private final Recurrence forward;
  private final Recurrence backward;
  private final boolean returnsState;
  private final Optional<Merge> merge;

  /** How the two outputs become one; the names are Keras's. */
  private enum Merge {
    CONCAT,
    SUM,
    MUL,
    AVE
  }

  Bidirectional(LayerSpec spec) throws CorruptFileException, UnsupportedFeatureException {
    super(spec);
    LayerSpec layer = spec.inner("layer");
    LayerSpec backwardLayer = spec.inner(spec.isSet("backward_layer") ? "backward_layer" : "layer");
    forward = new Recurrence(this, layer, kind(layer), "");
    backward = new Recurrence(this, backwardLayer, kind(backwardLayer), "_reverse");
    returnsState = layer.flag("return_state");
    merge = merge(spec);
  }

  private static RecurrentCell.Kind kind(LayerSpec layer) throws UnsupportedFeatureException {
    return Recurrence.kind(layer)
        .orElseThrow(
            () ->
                layer.unsupported(
                    "it is in a Bidirectional, where only LSTM, GRU and SimpleRNN are supported"));
  }

  private static Optional<Merge> merge(LayerSpec spec) throws UnsupportedFeatureException {
    if (!spec.isSet("merge_mode")) {
      return Optional.empty();
    }
    return switch (spec.text("merge_mode")) {
      case "concat" -> Optional.of(Merge.CONCAT);
      case "sum" -> Optional.of(Merge.SUM);
      case "mul" -> Optional.of(Merge.MUL);
      case "ave" -> Optional.of(Merge.AVE);
      default ->
          throw spec.unsupported(
              "it has merge_mode '%s'; there are concat, sum, mul, ave and null"
                  .formatted(spec.text("merge_mode")));
    };
  }

  @Override
  List<MaskedTensor> call(CallArguments arguments) {
    Optional<List<Tensor>> initial = Recurrent.initialStates(arguments);
    Optional<Tensor> mask = Recurrent.mask(arguments, initial);
    Tensor x = arguments.first().tensor();
    Recurrence.Result ahead =
        forward.run(x, mask, initial.map(all -> all.subList(0, all.size() / 2)), is_training());
    Recurrence.Result back =
        backward.run(
            x, mask, initial.map(all -> all.subList(all.size() / 2, all.size())), is_training());
    Tensor backOutput = forward.returnsSequences() ? back.output().flip(1) : back.output();
    Optional<Tensor> outputMask = forward.returnsSequences() ? mask : Optional.empty();
    List<MaskedTensor> outputs = new ArrayList<>();
    if (merge.isPresent()) {
      outputs.add(MaskedTensor.of(merged(merge.get(), ahead.output(), backOutput), outputMask));
    } else {
      outputs.add(MaskedTensor.of(ahead.output(), outputMask));
      outputs.add(MaskedTensor.of(backOutput, outputMask));
    }
    if (returnsState) {
      ahead.states().forEach(state -> outputs.add(MaskedTensor.of(state)));
      back.states().forEach(state -> outputs.add(MaskedTensor.of(state)));
    }
    return outputs;
  }

  private static Tensor merged(Merge merge, Tensor ahead, Tensor back) {
    return switch (merge) {
      case CONCAT -> torch.cat(new TensorVector(ahead, back), -1);
      case SUM -> ahead.add(back);
      case MUL -> ahead.mul(back);
      case AVE -> ahead.add(back).div(new Scalar(2.0));
    };
  }
}
