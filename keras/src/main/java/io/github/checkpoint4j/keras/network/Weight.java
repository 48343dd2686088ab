package io.github.checkpoint4j.keras.network;

import io.github.checkpoint4j.format.UnsupportedFeatureException;
import java.util.Arrays;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** A weight of a layer: its name and shape in PyTorch, and how its first values are drawn. */
final class Weight {
  private final String name;
  private final String role;
  private final long[] shape;
  private final long[] kerasShape;

  /**
   * @param name PyTorch's
   * @param role Keras's word before {@code _initializer} and {@code _regularizer}: {@code kernel}
   * @param shape PyTorch's
   * @param kerasShape the shape in Keras, by which its first values are scaled
   */
  Weight(String name, String role, long[] shape, long[] kerasShape) {
    if (LongStream.of(shape).anyMatch(size -> size <= 0)) {
      throw new IllegalArgumentException(
          "its %s would be of shape %s; every size has to be above 0"
              .formatted(role, Arrays.toString(shape)));
    }
    this.name = name;
    this.role = role;
    this.shape = shape.clone();
    this.kerasShape = kerasShape.clone();
  }

  static Weight of(String name, String role, long... shape) {
    return new Weight(name, role, shape, shape);
  }

  /** A weight that Keras has in another shape. */
  Weight inKeras(long... other) {
    return new Weight(name, role, shape, other);
  }

  String role() {
    return role;
  }

  /** Makes it a parameter of the module, with values as the layer's initializer draws them. */
  Tensor register(Module module, LayerSpec spec) throws UnsupportedFeatureException {
    Tensor values = zeros(spec);
    Initializer.of(spec, role + "_initializer").fill(values, kerasShape);
    return kept(module.register_parameter(name, values, spec.trainable()));
  }

  private Tensor zeros(LayerSpec spec) throws UnsupportedFeatureException {
    try {
      return torch.zeros(shape);
    } catch (RuntimeException e) {
      throw spec.unsupported(
          "its %s, of shape %s, does not fit into memory".formatted(role, Arrays.toString(shape)));
    }
  }

  /** Makes a tensor that is not trained a buffer of the module. */
  static Tensor buffer(Module module, String name, Tensor values) {
    return kept(module.register_buffer(name, values));
  }

  /** A buffer of one value in all places. */
  static Tensor buffer(Module module, String name, double value, long... shape) {
    return buffer(module, name, torch.full(shape, new Scalar(value)));
  }

  /** Overwrites a tensor; not seen by autograd. */
  static void assign(Tensor target, Tensor values) {
    try (var _ = new NoGradGuard()) {
      target.copy_(values);
    }
  }

  /** A reference of its own, which no scope of the caller closes. */
  private static Tensor kept(Tensor tensor) {
    return new Tensor(tensor).retainReference();
  }
}
