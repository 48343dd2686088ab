package io.github.checkpoint4j.keras.network;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import io.github.checkpoint4j.torch.NativeTensors;
import java.util.List;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;

/** The function of the layer {@code Rescaling}, and numbers that an option has. */
final class Scaling {
  private Scaling() {}

  static UnaryOperator<Tensor> rescaling(LayerSpec spec) throws UnsupportedFeatureException {
    float[] scale = numbers(spec, "scale");
    float[] offset = numbers(spec, "offset");
    return x -> x.mul(tensor(scale)).add(tensor(offset));
  }

  /** A scalar, or a tensor of one axis. */
  static Tensor tensor(float[] values) {
    Tensor tensor =
        NativeTensors.copyOf(io.github.checkpoint4j.state.Tensor.ofFloats(values, values.length));
    return values.length == 1 ? tensor.reshape() : tensor;
  }

  /** A number, or a list of them. */
  static float[] numbers(LayerSpec spec, String option) throws UnsupportedFeatureException {
    Json value = spec.config().get(option);
    List<Json> items = value instanceof Json.Arr(List<Json> several) ? several : List.of(value);
    float[] numbers = new float[items.size()];
    for (int i = 0; i < numbers.length; i++) {
      if (!(items.get(i) instanceof Json.Num number)) {
        throw spec.unsupported(
            "it has %s %s; only numbers, or a list of them, are supported"
                .formatted(option, value.toText()));
      }
      numbers[i] = (float) number.asDouble();
    }
    return numbers;
  }
}
