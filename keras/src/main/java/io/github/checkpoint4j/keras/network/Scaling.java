package io.github.checkpoint4j.keras.network;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import io.github.checkpoint4j.torch.NativeTensors;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;

/** The functions of the layers {@code Rescaling} and {@code Normalization}. */
final class Scaling {
  private static final double LEAST_DEVIATION = 1e-7;

  private Scaling() {}

  static UnaryOperator<Tensor> rescaling(LayerSpec spec) throws UnsupportedFeatureException {
    float[] scale = numbers(spec, "scale");
    float[] offset = numbers(spec, "offset");
    return x -> x.mul(tensor(scale)).add(tensor(offset));
  }

  /** By mean and variance of the configuration; those of {@code adapt} are variables. */
  static UnaryOperator<Tensor> normalization(LayerSpec spec) throws UnsupportedFeatureException {
    if (!spec.isSet("mean") || !spec.isSet("variance")) {
      throw spec.unsupported(
          "it was adapted to data, for which PyTorch has no counterpart; give it mean and variance");
    }
    boolean lastAxis =
        !spec.isSet("axis")
            || Arrays.equals(spec.integers("axis"), new long[] {-1})
            || numbers(spec, "mean").length == 1;
    if (!lastAxis) {
      throw spec.unsupported("it has an axis other than the last, which is not supported");
    }
    float[] mean = numbers(spec, "mean");
    float[] deviation = numbers(spec, "variance");
    for (int i = 0; i < deviation.length; i++) {
      deviation[i] = (float) Math.max(Math.sqrt(deviation[i]), LEAST_DEVIATION);
    }
    return spec.flag("invert")
        ? x -> x.mul(tensor(deviation)).add(tensor(mean))
        : x -> x.sub(tensor(mean)).div(tensor(deviation));
  }

  private static Tensor tensor(float[] values) {
    Tensor tensor =
        NativeTensors.copyOf(io.github.checkpoint4j.state.Tensor.ofFloats(values, values.length));
    return values.length == 1 ? tensor.reshape() : tensor;
  }

  private static float[] numbers(LayerSpec spec, String option) throws UnsupportedFeatureException {
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
