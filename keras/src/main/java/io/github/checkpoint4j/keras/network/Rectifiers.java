package io.github.checkpoint4j.keras.network;

import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** The functions of the layers {@code ReLU}, {@code LeakyReLU} and {@code ELU}. */
final class Rectifiers {
  private Rectifiers() {}

  /** x from the threshold to the largest value; below the threshold a slope. */
  static UnaryOperator<Tensor> relu(LayerSpec spec) {
    double slope = spec.real("negative_slope", 0);
    double threshold = spec.real("threshold", 0);
    boolean limited = spec.isSet("max_value");
    double most = spec.real("max_value", 0);
    return x -> {
      Tensor above =
          limited ? torch.clamp(x, new ScalarOptional(), new ScalarOptional(new Scalar(most))) : x;
      Tensor below = x.sub(new Scalar(threshold)).mul(new Scalar(slope));
      return torch.where(x.ge(new Scalar(threshold)), above, below);
    };
  }

  static UnaryOperator<Tensor> leakyRelu(LayerSpec spec) {
    // Keras 2 called it alpha.
    double slope = spec.real(spec.isSet("negative_slope") ? "negative_slope" : "alpha");
    return x -> torch.leaky_relu(x, new Scalar(slope));
  }

  static UnaryOperator<Tensor> elu(LayerSpec spec) {
    double alpha = spec.real("alpha");
    return x -> torch.elu(x, new Scalar(alpha), new Scalar(1.0), new Scalar(1.0));
  }
}
