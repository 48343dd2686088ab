package io.github.checkpoint4j.keras.network;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * A function of Keras's activations, by its name.
 *
 * @param keepsLogits whether a loss is computed from what went in, as Keras does with sigmoid and
 *     softmax
 * @see <a
 *     href="https://github.com/keras-team/keras/blob/v3.15.1/keras/src/activations/activations.py">keras/src/activations/activations.py</a>
 */
record Activation(String name, UnaryOperator<Tensor> function, boolean keepsLogits) {
  static final Activation LINEAR = new Activation("linear", x -> x, false);

  private static final double LEAKY_SLOPE = 0.2;

  private static final Map<String, UnaryOperator<Tensor>> FUNCTIONS =
      new TreeMap<>(
          Map.ofEntries(
              Map.entry("linear", x -> x),
              Map.entry("relu", torch::relu),
              Map.entry("relu6", x -> clipped(x, 0, 6)),
              Map.entry("elu", torch::elu),
              Map.entry("selu", torch::selu),
              Map.entry("celu", torch::celu),
              Map.entry("gelu", torch::gelu),
              Map.entry("silu", torch::silu),
              Map.entry("swish", torch::silu),
              Map.entry("softplus", torch::softplus),
              Map.entry("softsign", x -> x.div(x.abs().add(new Scalar(1.0)))),
              Map.entry("tanh", torch::tanh),
              Map.entry("sigmoid", torch::sigmoid),
              Map.entry("hard_sigmoid", torch::hardsigmoid),
              Map.entry("exponential", Tensor::exp),
              Map.entry("mish", torch::mish),
              Map.entry("leaky_relu", x -> torch.leaky_relu(x, new Scalar(LEAKY_SLOPE))),
              Map.entry("log_softmax", x -> torch.log_softmax(x, -1)),
              Map.entry("softmax", x -> torch.softmax(x, -1)),
              Map.entry("log_sigmoid", torch::log_sigmoid),
              Map.entry("hard_tanh", x -> clipped(x, -1, 1)),
              Map.entry("hard_silu", x -> x.mul(torch.hardsigmoid(x))),
              Map.entry("hard_swish", x -> x.mul(torch.hardsigmoid(x))),
              Map.entry("tanh_shrink", x -> x.sub(torch.tanh(x))),
              Map.entry("soft_shrink", torch::softshrink),
              Map.entry("hard_shrink", torch::hardshrink),
              Map.entry("sparse_plus", Activation::sparsePlus),
              Map.entry(
                  "squareplus",
                  x -> x.add(x.square().add(new Scalar(4.0)).sqrt()).div(new Scalar(2.0))),
              Map.entry("glu", torch::glu)));

  /**
   * The activation that an option of a layer names; {@link #LINEAR} if it is null or not there.
   *
   * @throws UnsupportedFeatureException if it is not one of Keras's that is known here
   */
  static Activation of(LayerSpec spec, String option) throws UnsupportedFeatureException {
    if (!spec.isSet(option)) {
      return LINEAR;
    }
    String name = name(spec.config().get(option));
    UnaryOperator<Tensor> function = FUNCTIONS.get(name);
    if (function == null) {
      throw spec.unsupported(
          "it has %s '%s', which is not supported; there are %s"
              .formatted(option, name, String.join(", ", FUNCTIONS.keySet())));
    }
    return new Activation(name, function, name.equals("softmax") || name.equals("sigmoid"));
  }

  Tensor apply(Tensor x) {
    return function.apply(x);
  }

  boolean is(String other) {
    return name.equals(other);
  }

  static Tensor clipped(Tensor x, double least, double most) {
    return torch.clamp(
        x, new ScalarOptional(new Scalar(least)), new ScalarOptional(new Scalar(most)));
  }

  private static Tensor sparsePlus(Tensor x) {
    Tensor between = x.add(new Scalar(1.0)).square().mul(new Scalar(0.25));
    Tensor above = torch.where(x.ge(new Scalar(1.0)), x, between);
    return torch.where(x.le(new Scalar(-1.0)), torch.zeros_like(x), above);
  }

  private static String name(Json activation) {
    return switch (activation) {
      case Json.Str(String name) -> name;
      case Json.Obj object when object.find("config").isPresent() -> name(object.get("config"));
      default -> activation.toText();
    };
  }
}
