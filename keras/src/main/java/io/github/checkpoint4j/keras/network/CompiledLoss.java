package io.github.checkpoint4j.keras.network;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/** The losses of a network's outputs, and how much each counts. */
record CompiledLoss(List<KerasLoss> losses, List<Double> weights) {
  CompiledLoss {
    losses = List.copyOf(losses);
    weights = List.copyOf(weights);
  }

  static CompiledLoss ofEach(KerasLoss loss, int outputs) {
    return new CompiledLoss(Collections.nCopies(outputs, loss), Collections.nCopies(outputs, 1.0));
  }

  /**
   * What a model was compiled with: one loss for all outputs, a list of one for each, or an object
   * by the outputs' names; the same of {@code loss_weights}.
   *
   * @throws UnsupportedFeatureException if an output has no loss, or one that is not supported
   */
  static CompiledLoss of(Json.Obj config, List<String> outputs, String source)
      throws UnsupportedFeatureException {
    List<KerasLoss> losses = new ArrayList<>();
    List<Double> weights = new ArrayList<>();
    for (int i = 0; i < outputs.size(); i++) {
      Json loss = member(config, "loss", outputs, i);
      if (loss == Json.Null.NULL) {
        throw new UnsupportedFeatureException(
            "%s: output '%s' was compiled without a loss; give one with withLoss"
                .formatted(source, outputs.get(i)));
      }
      losses.add(KerasLoss.of(loss, source));
      weights.add(
          member(config, "loss_weights", outputs, i) instanceof Json.Num number
              ? number.asDouble()
              : 1.0);
    }
    return new CompiledLoss(losses, weights);
  }

  private static Json member(Json.Obj config, String name, List<String> outputs, int output) {
    Json member = config.find(name).orElse(Json.Null.NULL);
    return switch (member) {
      case Json.Arr(List<Json> items) -> output < items.size() ? items.get(output) : Json.Null.NULL;
      case Json.Obj object when object.find("class_name").isEmpty() ->
          object.find(outputs.get(output)).orElse(Json.Null.NULL);
      default -> member;
    };
  }

  /** The sum of the losses, a scalar. */
  Tensor of(List<MaskedTensor> outputs, List<Tensor> labels) {
    List<Tensor> terms = new ArrayList<>();
    for (int i = 0; i < outputs.size(); i++) {
      Tensor loss = losses.get(i).of(outputs.get(i), labels.get(i));
      terms.add(weights.get(i) == 1 ? loss : loss.mul(new Scalar(weights.get(i))));
    }
    return terms.stream().reduce(Tensor::add).orElseThrow();
  }
}
