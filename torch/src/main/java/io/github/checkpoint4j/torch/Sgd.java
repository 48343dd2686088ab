package io.github.checkpoint4j.torch;

import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Value;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * Stochastic gradient descent with momentum, as PyTorch's {@code torch.optim.SGD}: the same
 * operators in the same order, hence the same bits on the same machine.
 *
 * @see <a
 *     href="https://github.com/pytorch/pytorch/blob/main/torch/optim/sgd.py">torch/optim/sgd.py</a>
 */
public final class Sgd extends Optimizer {
  private static final String BUFFER = "momentum_buffer";

  private Sgd(List<ParameterGroup> groups) {
    super(groups);
  }

  /** A builder with PyTorch's defaults. */
  public static Builder builder() {
    return new Builder();
  }

  /** The options of an {@link Sgd}. */
  public static final class Builder {
    private double learningRate = 1e-3;
    private double momentum;
    private double dampening;
    private double weightDecay;
    private boolean nesterov;
    private boolean maximize;

    private Builder() {}

    /** The size of a step, 0 or more; 0.001 by default. */
    public Builder learningRate(double value) {
      learningRate = OptionRange.notNegative("learning rate", value);
      return this;
    }

    /** The share of the previous steps that goes on, 0 or more; 0 by default. */
    public Builder momentum(double value) {
      momentum = OptionRange.notNegative("momentum", value);
      return this;
    }

    /** The share of a gradient that does not go into the momentum; 0 by default. */
    public Builder dampening(double value) {
      dampening = value;
      return this;
    }

    /** The share of a parameter added to its gradient, 0 or more; 0 by default. */
    public Builder weightDecay(double value) {
      weightDecay = OptionRange.notNegative("weight decay", value);
      return this;
    }

    /** Whether momentum is Nesterov's; not by default. */
    public Builder nesterov(boolean value) {
      nesterov = value;
      return this;
    }

    /** Whether to go up the gradient; not by default. */
    public Builder maximize(boolean value) {
      maximize = value;
      return this;
    }

    /**
     * An optimizer of the parameters of {@code module} that need gradients, in Hugging Face's two
     * groups: those weight decay is for, and the rest.
     *
     * @throws IllegalArgumentException if there are none, or Nesterov's momentum is asked for
     *     without momentum or with dampening
     */
    public Sgd over(Module module) {
      return over(module, LearningRates.uniform());
    }

    /**
     * As {@link #over(Module)}, with such groups for each learning rate there is besides {@link
     * #learningRate}.
     *
     * @throws IllegalArgumentException if there are no parameters that need gradients, or none for
     *     one of the rates, or Nesterov's momentum is asked for without momentum or with dampening
     */
    public Sgd over(Module module, LearningRates rates) {
      return new Sgd(
          ParameterGroup.of(rates.tiers(module, learningRate), weightDecay, this::options));
    }

    /**
     * An optimizer of two groups: parameters weight decay is for, and parameters it is not for.
     *
     * @throws IllegalArgumentException if there are none in either, or Nesterov's momentum is asked
     *     for without momentum or with dampening
     */
    public Sgd over(Map<String, Tensor> decayed, Map<String, Tensor> exempt) {
      return new Sgd(
          List.of(
              new ParameterGroup(decayed, options(weightDecay, learningRate)),
              new ParameterGroup(exempt, options(0.0, learningRate))));
    }

    /**
     * An optimizer of these parameters, in one group.
     *
     * @throws IllegalArgumentException if there are none, or Nesterov's momentum is asked for
     *     without momentum or with dampening
     */
    public Sgd over(Map<String, Tensor> parameters) {
      return new Sgd(List.of(new ParameterGroup(parameters, options(weightDecay, learningRate))));
    }

    private StateDict options(double decay, double rate) {
      if (nesterov && (momentum <= 0 || dampening != 0)) {
        throw new IllegalArgumentException(
            "Nesterov's momentum needs a momentum above 0 and no dampening, not %s and %s"
                .formatted(momentum, dampening));
      }
      return StateDict.builder()
          .put("weight_decay", decay)
          .put("lr", rate)
          .put("momentum", momentum)
          .put("dampening", dampening)
          .put("nesterov", nesterov)
          .put("maximize", maximize)
          .put("foreach", Value.none())
          .put("differentiable", false)
          .put("fused", Value.none())
          .build();
    }
  }

  @Override
  protected StateDict defaults() {
    return builder().options(0.0, 1e-3);
  }

  @Override
  protected List<String> stateNames(StateDict options) {
    return Settings.of(options).momentum() == 0 ? List.of() : List.of(BUFFER);
  }

  @Override
  protected void update(ParameterGroup group, Map<String, Tensor> gradients) {
    Settings settings = Settings.of(group.options());
    group
        .parameters()
        .forEach(
            (name, parameter) -> {
              Tensor gradient = gradients.get(name);
              if (gradient != null) {
                update(name, parameter, gradient, settings);
              }
            });
  }

  private void update(String name, Tensor parameter, Tensor gradient, Settings settings) {
    Tensor direction = settings.maximize() ? gradient.neg() : gradient;
    if (settings.weightDecay() != 0) {
      direction = direction.add(parameter, new Scalar(settings.weightDecay()));
    }
    if (settings.momentum() != 0) {
      Tensor buffer = buffer(name, direction, settings);
      direction =
          settings.nesterov() ? direction.add(buffer, new Scalar(settings.momentum())) : buffer;
    }
    parameter.add_(direction, new Scalar(-settings.learningRate()));
  }

  private Tensor buffer(String name, Tensor direction, Settings settings) {
    Map<String, Tensor> state = state(name);
    Tensor buffer = state.get(BUFFER);
    if (buffer == null) {
      buffer = NativeTensors.kept(direction.clone());
      state.put(BUFFER, buffer);
    } else {
      buffer
          .mul_(new Scalar(settings.momentum()))
          .add_(direction, new Scalar(1 - settings.dampening()));
    }
    return buffer;
  }

  /** The options of a group, read. */
  private record Settings(
      double learningRate,
      double momentum,
      double dampening,
      double weightDecay,
      boolean nesterov,
      boolean maximize) {

    static Settings of(StateDict options) {
      var read = new OptionReader(options);
      read.requireOff("differentiable");
      read.requireOff("fused");
      return new Settings(
          options.real("lr"),
          options.real("momentum"),
          options.real("dampening"),
          options.real("weight_decay"),
          read.flag("nesterov"),
          read.flag("maximize"));
    }
  }
}
