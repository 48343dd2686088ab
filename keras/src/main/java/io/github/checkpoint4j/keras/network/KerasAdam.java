package io.github.checkpoint4j.keras.network;

import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.StateMismatchException;
import io.github.checkpoint4j.state.Value;
import io.github.checkpoint4j.torch.ParameterGroup;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Keras's {@code Adam} and {@code AdamW}: epsilon is added to the root of the average before the
 * correction of its bias, where PyTorch adds it after. State has PyTorch's names, {@code step},
 * {@code exp_avg}, {@code exp_avg_sq} and {@code max_exp_avg_sq}.
 *
 * <p>The gradient of an embedding is that of the row, as on Keras's PyTorch and JAX backends. On
 * TensorFlow Keras squares the gradient of each place the row is at by itself, so that there the
 * second moments of rows that are several times in a batch are others.
 *
 * @see <a
 *     href="https://github.com/keras-team/keras/blob/v3.15.1/keras/src/optimizers/adam.py">keras/src/optimizers/adam.py</a>
 */
public final class KerasAdam extends KerasOptimizer {
  private static final String AVERAGE = "exp_avg";
  private static final String SQUARE = "exp_avg_sq";
  private static final String LARGEST_SQUARE = "max_exp_avg_sq";

  private KerasAdam(Module module, Builder builder) {
    super(module, builder.options(), builder.limit);
  }

  /** A builder with Keras's defaults. */
  public static Builder builder() {
    return new Builder();
  }

  /** The options of a {@link KerasAdam}. */
  public static final class Builder extends OptimizerArguments<Builder> {
    private double beta1 = 0.9;
    private double beta2 = 0.999;
    private double epsilon = 1e-7;
    private boolean amsgrad;

    private Builder() {
      super(1e-3);
    }

    @Override
    Builder self() {
      return this;
    }

    /** The decay of the averages of gradient and squared gradient; 0.9 and 0.999 by default. */
    public Builder betas(double first, double second) {
      beta1 = share("first beta", first);
      beta2 = share("second beta", second);
      return this;
    }

    /** What is added to the root of the average, 0 or more; 1e-7 by default. */
    public Builder epsilon(double value) {
      epsilon = notNegative("epsilon", value);
      return this;
    }

    /** Whether to divide by the largest squared average so far; not by default. */
    public Builder amsgrad(boolean value) {
      amsgrad = value;
      return this;
    }

    /**
     * An optimizer of the parameters of {@code module} that need gradients.
     *
     * @throws IllegalArgumentException if there are none
     */
    public KerasAdam over(Module module) {
      return new KerasAdam(module, this);
    }

    private StateDict options() {
      return StateDict.builder()
          .put(WEIGHT_DECAY, weightDecay)
          .put(LEARNING_RATE, learningRate)
          .put("betas", Value.tuple(Value.of(beta1), Value.of(beta2)))
          .put("eps", epsilon)
          .put("amsgrad", amsgrad)
          .build();
    }
  }

  @Override
  protected StateDict defaults() {
    return builder().options();
  }

  @Override
  protected List<String> stateNames(StateDict options) {
    return flag(options, "amsgrad")
        ? List.of(STEP, AVERAGE, SQUARE, LARGEST_SQUARE)
        : List.of(STEP, AVERAGE, SQUARE);
  }

  @Override
  void step(ParameterGroup group, Map<String, Tensor> gradients) {
    StateDict options = group.options();
    List<Value> betas = betas(options);
    double beta1 = ((Value.Real) betas.get(0)).value();
    double beta2 = ((Value.Real) betas.get(1)).value();
    boolean amsgrad = flag(options, "amsgrad");
    group
        .parameters()
        .forEach(
            (name, parameter) -> {
              Tensor gradient = gradients.get(name);
              if (gradient == null) {
                return;
              }
              Tensor steps = state(name, STEP, torch::zeros);
              Tensor average = state(name, AVERAGE, () -> torch.zeros_like(parameter));
              Tensor square = state(name, SQUARE, () -> torch.zeros_like(parameter));
              steps.add_(new Scalar(1.0));
              double alpha = alpha((float) group.learningRate(), beta1, beta2, steps.item_float());
              average.add_(gradient.sub(average).mul(new Scalar(1 - beta1)));
              square.add_(gradient.square().sub(square).mul(new Scalar(1 - beta2)));
              Tensor divisor = square;
              if (amsgrad) {
                Tensor largest = state(name, LARGEST_SQUARE, () -> torch.zeros_like(parameter));
                divisor = torch.maximum_out(largest, largest, square);
              }
              Tensor root = divisor.sqrt().add(new Scalar(options.real("eps")));
              parameter.sub_(average.mul(new Scalar(alpha)).div(root));
            });
  }

  /** The size of the step with the correction of both averages, in Keras's 32 bits. */
  private static double alpha(float learningRate, double beta1, double beta2, float step) {
    float power1 = (float) Math.pow((float) beta1, step);
    float power2 = (float) Math.pow((float) beta2, step);
    return learningRate * (float) Math.sqrt(1 - power2) / (1 - power1);
  }

  private static List<Value> betas(StateDict options) {
    if (options.get("betas") instanceof Value.Tuple(List<Value> betas)
        && betas.size() == 2
        && betas.stream().allMatch(Value.Real.class::isInstance)) {
      return betas;
    }
    throw new StateMismatchException("option 'betas' should be a tuple of two numbers");
  }
}
