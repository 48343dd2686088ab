package io.github.checkpoint4j.keras.network;

/**
 * Arguments that Keras's optimizers have in common.
 *
 * @param <B> the builder
 */
abstract sealed class OptimizerArguments<B extends OptimizerArguments<B>>
    permits KerasAdam.Builder, KerasSgd.Builder {
  double learningRate;
  double weightDecay;
  GradientLimit limit = GradientLimit.NONE;

  /**
   * @param learningRate Keras's default
   */
  OptimizerArguments(double learningRate) {
    this.learningRate = learningRate;
  }

  abstract B self();

  /** The size of a step, 0 or more; 0.001 by default of Adam, 0.01 of SGD. */
  public B learningRate(double value) {
    learningRate = notNegative("learning rate", value);
    return self();
  }

  /** The share of every parameter taken off at a step of learning rate 1; none by default. */
  public B weightDecay(double value) {
    weightDecay = notNegative("weight decay", value);
    return self();
  }

  /** The largest 2-norm of the gradient of a variable, above 0; in place of other limits. */
  public B clipNorm(double value) {
    limit = GradientLimit.norm(value);
    return self();
  }

  /** The largest 2-norm of all gradients together, above 0; in place of other limits. */
  public B globalClipNorm(double value) {
    limit = GradientLimit.globalNorm(value);
    return self();
  }

  /** The largest size of an element of a gradient, above 0; in place of other limits. */
  public B clipValue(double value) {
    limit = GradientLimit.value(value);
    return self();
  }

  static double notNegative(String name, double value) {
    if (!(value >= 0) || Double.isInfinite(value)) {
      throw new IllegalArgumentException(name + " " + value + ": expected a number from 0 up");
    }
    return value;
  }

  static double share(String name, double value) {
    if (!(value >= 0 && value <= 1)) {
      throw new IllegalArgumentException(name + " " + value + ": expected a number from 0 to 1");
    }
    return value;
  }
}
