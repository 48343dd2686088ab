package io.github.checkpoint4j.transformers;

import io.github.checkpoint4j.format.UnsupportedFeatureException;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The function between the two layers of a feed-forward block, under its name in config.json.
 *
 * @see <a href="https://github.com/huggingface/transformers">transformers/activations.py, ACT2CLS
 *     </a>
 */
public enum Activation {
  /** x * Phi(x), with the error function. */
  GELU("gelu"),
  /** The approximation of {@link #GELU} by tanh. */
  GELU_PYTORCH_TANH("gelu_pytorch_tanh"),
  /** The same function as {@link #GELU_PYTORCH_TANH}, under the name that GPT-2 has for it. */
  GELU_NEW("gelu_new"),
  RELU("relu"),
  /** x * sigmoid(x). */
  SILU("silu"),
  /** The other name of {@link #SILU}. */
  SWISH("swish"),
  TANH("tanh");

  private final String text;

  Activation(String text) {
    this.text = text;
  }

  /** The name in config.json. */
  public String text() {
    return text;
  }

  /**
   * The activation that config.json calls {@code text}.
   *
   * @param member the member of config.json, for messages
   * @throws UnsupportedFeatureException if it is not one of these
   */
  static Activation named(String member, String text) throws UnsupportedFeatureException {
    for (Activation activation : values()) {
      if (activation.text.equals(text)) {
        return activation;
      }
    }
    throw new UnsupportedFeatureException(
        "config.json: "
            + member
            + " '"
            + text
            + "' is not one of "
            + Arrays.stream(values()).map(Activation::text).collect(Collectors.joining(", ")));
  }

  Tensor apply(Tensor x) {
    return switch (this) {
      case GELU -> torch.gelu(x);
      case GELU_PYTORCH_TANH -> torch.gelu(x, "tanh");
      case GELU_NEW ->
          x.scalar_type().intern() == ScalarType.Float ? torch.gelu(x, "tanh") : stepwise(x);
      case RELU -> torch.relu(x);
      case SILU, SWISH -> torch.silu(x);
      case TANH -> torch.tanh(x);
    };
  }

  /**
   * {@link #GELU_NEW} by Python's operators in their order, each of which rounds; gradients are
   * added in the order that this makes.
   */
  private static Tensor stepwise(Tensor x) {
    Tensor half = x.mul(new Scalar(0.5));
    Tensor cubic = x.add(x.pow(new Scalar(3.0)).mul(new Scalar(0.044715)));
    Tensor curve = torch.tanh(cubic.mul(new Scalar(Math.sqrt(2 / Math.PI))));
    return half.mul(curve.add(new Scalar(1.0)));
  }
}
