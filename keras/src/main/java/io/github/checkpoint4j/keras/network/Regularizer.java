package io.github.checkpoint4j.keras.network;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import java.util.Optional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * What the size of a weight adds to the loss: {@code l1 * sum(|w|) + l2 * sum(w * w)}.
 *
 * @see <a
 *     href="https://github.com/keras-team/keras/blob/v3.15.1/keras/src/regularizers/regularizers.py">keras/src/regularizers/regularizers.py</a>
 */
record Regularizer(Tensor weight, double l1, double l2) {
  /**
   * The regularizer that a layer has for a weight.
   *
   * @param role Keras's word before {@code _regularizer}
   * @throws UnsupportedFeatureException if it is another than L1, L2 or L1L2
   */
  static Optional<Regularizer> of(LayerSpec spec, String role, Tensor weight)
      throws UnsupportedFeatureException {
    String option = role + "_regularizer";
    if (!spec.isSet(option)) {
      return Optional.empty();
    }
    Json value = spec.config().get(option);
    if (value instanceof Json.Obj regularizer
        && regularizer.get("config") instanceof Json.Obj config
        && regularizer.get("class_name") instanceof Json.Str(String name)
        && (name.equals("L1") || name.equals("L2") || name.equals("L1L2"))) {
      return Optional.of(new Regularizer(weight, factor(config, "l1"), factor(config, "l2")));
    }
    throw spec.unsupported(
        "it has %s %s, which is not supported; there are L1, L2 and L1L2"
            .formatted(option, value.toText()));
  }

  /** The penalty, a scalar. */
  Tensor penalty() {
    Tensor absolute = weight.abs().sum().mul(new Scalar(l1));
    return l2 == 0 ? absolute : absolute.add(weight.square().sum().mul(new Scalar(l2)));
  }

  private static double factor(Json.Obj config, String name) {
    return config.find(name).isPresent() ? config.real(name) : 0;
  }
}
