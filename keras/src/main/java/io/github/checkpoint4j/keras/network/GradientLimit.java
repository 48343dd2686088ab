package io.github.checkpoint4j.keras.network;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * How Keras keeps gradients from being too large: {@code clipnorm}, {@code global_clipnorm} or
 * {@code clipvalue}.
 */
final class GradientLimit {
  /** None. */
  static final GradientLimit NONE = new GradientLimit(Kind.NONE, 0);

  private final Kind kind;
  private final double most;

  private GradientLimit(Kind kind, double most) {
    this.kind = kind;
    this.most = most;
  }

  private enum Kind {
    NONE,
    NORM,
    GLOBAL_NORM,
    VALUE
  }

  /** The gradient of each of Keras's variables has at most this 2-norm. */
  static GradientLimit norm(double most) {
    return of(Kind.NORM, "clipnorm", most);
  }

  /** All gradients together have at most this 2-norm. */
  static GradientLimit globalNorm(double most) {
    return of(Kind.GLOBAL_NORM, "global_clipnorm", most);
  }

  /** No element of a gradient is farther from 0. */
  static GradientLimit value(double most) {
    return of(Kind.VALUE, "clipvalue", most);
  }

  private static GradientLimit of(Kind kind, String name, double most) {
    if (!(most > 0)) {
      throw new IllegalArgumentException(name + " " + most + ": expected a number above 0");
    }
    return new GradientLimit(kind, most);
  }

  /** The gradients within the limit, by the name of the parameter; those given stay as they are. */
  Map<String, Tensor> apply(Map<String, Tensor> gradients) {
    return switch (kind) {
      case NONE -> gradients;
      case VALUE -> {
        Map<String, Tensor> limited = new LinkedHashMap<>();
        gradients.forEach(
            (name, gradient) -> limited.put(name, Activation.clipped(gradient, -most, most)));
        yield limited;
      }
      case GLOBAL_NORM -> scaled(gradients, gradients.values());
      case NORM -> {
        Map<String, Tensor> limited = new LinkedHashMap<>();
        gradients.forEach(
            (name, gradient) ->
                limited.putAll(scaled(Map.of(name, gradient), ofVariable(name, gradients))));
        yield limited;
      }
    };
  }

  /** The parameters that are one variable in Keras: both biases of a GRU. */
  private static List<Tensor> ofVariable(String name, Map<String, Tensor> gradients) {
    String bias = name.replace("bias_hh_l0", "bias_ih_l0");
    List<Tensor> together = new ArrayList<>();
    gradients.forEach(
        (other, gradient) -> {
          if (other.replace("bias_hh_l0", "bias_ih_l0").equals(bias)) {
            together.add(gradient);
          }
        });
    return together;
  }

  private Map<String, Tensor> scaled(Map<String, Tensor> gradients, Collection<Tensor> measured) {
    Tensor norm =
        measured.stream()
            .map(gradient -> gradient.square().sum())
            .reduce(Tensor::add)
            .orElseThrow()
            .sqrt();
    Tensor factor =
        torch
            .maximum(norm, torch.full_like(norm, new Scalar(most)))
            .reciprocal()
            .mul(new Scalar(most));
    Map<String, Tensor> limited = new LinkedHashMap<>();
    gradients.forEach((name, gradient) -> limited.put(name, gradient.mul(factor)));
    return limited;
  }
}
