package io.github.checkpoint4j.keras.network;

import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Value;
import io.github.checkpoint4j.torch.NativeTensors;
import io.github.checkpoint4j.torch.ParameterGroup;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Keras's {@code SGD}. Its momentum is a sum of steps, each of the learning rate it was made with,
 * where PyTorch's is a sum of gradients: the two differ when the learning rate changes. The state
 * is PyTorch's, {@code momentum_buffer}, the momentum divided by the negative learning rate, and
 * the group's option {@code momentum_lr} is the learning rate in it.
 *
 * @see <a
 *     href="https://github.com/keras-team/keras/blob/v3.15.1/keras/src/optimizers/sgd.py">keras/src/optimizers/sgd.py</a>
 */
public final class KerasSgd extends KerasOptimizer {
  private static final String BUFFER = "momentum_buffer";
  private static final String MOMENTUM = "momentum";
  private static final String NESTEROV = "nesterov";

  private KerasSgd(Module module, Builder builder) {
    super(module, builder.options(), builder.limit);
  }

  /** A builder with Keras's defaults. */
  public static Builder builder() {
    return new Builder();
  }

  /** The options of a {@link KerasSgd}. */
  public static final class Builder extends OptimizerArguments<Builder> {
    private double momentum;
    private boolean nesterov;

    private Builder() {
      super(1e-2);
    }

    @Override
    Builder self() {
      return this;
    }

    /** The share of the previous step that goes on, from 0 to 1; 0 by default. */
    public Builder momentum(double value) {
      momentum = share("momentum", value);
      return this;
    }

    /** Whether momentum is Nesterov's; not by default. */
    public Builder nesterov(boolean value) {
      nesterov = value;
      return this;
    }

    /**
     * An optimizer of the parameters of {@code module} that need gradients.
     *
     * @throws IllegalArgumentException if there are none
     */
    public KerasSgd over(Module module) {
      return new KerasSgd(module, this);
    }

    private StateDict options() {
      return StateDict.builder()
          .put(WEIGHT_DECAY, weightDecay)
          .put(LEARNING_RATE, learningRate)
          .put(MOMENTUM, momentum)
          .put(NESTEROV, nesterov)
          .put(MOMENTUM_RATE, Value.none())
          .build();
    }
  }

  @Override
  protected StateDict defaults() {
    return builder().options();
  }

  @Override
  protected List<String> stateNames(StateDict options) {
    return options.real(MOMENTUM) == 0 ? List.of() : List.of(BUFFER);
  }

  @Override
  void step(ParameterGroup group, Map<String, Tensor> gradients) {
    StateDict options = group.options();
    double rate = group.learningRate();
    double momentum = options.real(MOMENTUM);
    if (momentum == 0) {
      gradients.forEach(
          (name, gradient) -> parameter(group, name).sub_(gradient.mul(new Scalar(rate))));
      return;
    }
    double before = options.get(MOMENTUM_RATE) instanceof Value.Real(double saved) ? saved : rate;
    // Steps of a learning rate of 0 leave the momentum in terms of the one before.
    double now = rate == 0 ? before : rate;
    boolean nesterov = flag(options, NESTEROV);
    gradients.forEach(
        (name, gradient) -> {
          Tensor parameter = parameter(group, name);
          Tensor buffer = state(name, BUFFER, () -> torch.zeros_like(parameter));
          buffer.mul_(new Scalar(now == 0 ? momentum : momentum * (before / now)));
          if (rate != 0) {
            buffer.add_(gradient);
          }
          Tensor step = buffer.mul(new Scalar(now));
          parameter.sub_(
              nesterov ? step.mul(new Scalar(momentum)).add(gradient.mul(new Scalar(rate))) : step);
        });
    if (now != before || !(options.get(MOMENTUM_RATE) instanceof Value.Real)) {
      group.option(MOMENTUM_RATE, Value.of(now));
    }
  }

  @Override
  StateDict inTermsOf(ParameterGroup group, StateDict parameters) {
    double now = group.learningRate();
    double before =
        group.options().get(MOMENTUM_RATE) instanceof Value.Real(double saved) ? saved : now;
    if (before == now || parameters.size() == 0) {
      return parameters;
    }
    if (now == 0) {
      throw new IllegalStateException(
          "the learning rate is 0, in terms of which Keras has no momentum; set the one of the next"
              + " step");
    }
    try (var _ = new PointerScope()) {
      return parameters.mapTensors(
          tensor ->
              NativeTensors.heapCopy(NativeTensors.copyOf(tensor).mul(new Scalar(before / now))));
    }
  }

  private static Tensor parameter(ParameterGroup group, String name) {
    return Objects.requireNonNull(group.parameters().get(name), name);
  }
}
