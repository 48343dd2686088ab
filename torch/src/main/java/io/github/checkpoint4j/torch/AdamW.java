package io.github.checkpoint4j.torch;

import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.StateMismatchException;
import io.github.checkpoint4j.state.Value;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Adam with decoupled weight decay, as PyTorch's {@code torch.optim.AdamW}: the same operators in
 * the same order.
 *
 * <p>It is fused by default, as in Hugging Face's Trainer, and then makes the bits that PyTorch in
 * Python makes on the same machine. Not fused it makes the steps of PyTorch's single-tensor and
 * {@code foreach} forms, which agree on the CPU; there a build of PyTorch with MKL may differ in
 * the last bit of a weight, since MKL's vector square root is not always the nearest number. The
 * bits of the fused form differ from those of the others.
 *
 * @see <a
 *     href="https://github.com/pytorch/pytorch/blob/main/torch/optim/adam.py">torch/optim/adam.py</a>
 */
public final class AdamW extends Optimizer {
  private static final NativeOperator FUSED_STEP = NativeOperator.named("_fused_adamw_", "");
  private static final String EXP_AVG = "exp_avg";
  private static final String EXP_AVG_SQ = "exp_avg_sq";
  private static final String MAX_EXP_AVG_SQ = "max_exp_avg_sq";

  private AdamW(List<ParameterGroup> groups) {
    super(groups);
  }

  /** A builder with PyTorch's defaults, and fused. */
  public static Builder builder() {
    return new Builder();
  }

  /** The options of an {@link AdamW}. */
  public static final class Builder {
    private double learningRate = 1e-3;
    private double beta1 = 0.9;
    private double beta2 = 0.999;
    private double epsilon = 1e-8;
    private double weightDecay = 1e-2;
    private boolean amsgrad;
    private boolean maximize;
    private boolean fused = true;

    private Builder() {}

    /** The size of a step, 0 or more; 0.001 by default. */
    public Builder learningRate(double value) {
      learningRate = OptionRange.notNegative("learning rate", value);
      return this;
    }

    /** The decay of the averages of gradient and squared gradient; 0.9 and 0.999 by default. */
    public Builder betas(double first, double second) {
      beta1 = OptionRange.belowOne("first beta", first);
      beta2 = OptionRange.belowOne("second beta", second);
      return this;
    }

    /** What is added to the denominator, 0 or more; 1e-8 by default. */
    public Builder epsilon(double value) {
      epsilon = OptionRange.notNegative("epsilon", value);
      return this;
    }

    /** The share of a parameter taken off at a step of learning rate 1; 0.01 by default. */
    public Builder weightDecay(double value) {
      weightDecay = OptionRange.notNegative("weight decay", value);
      return this;
    }

    /** Whether to divide by the largest squared average so far; not by default. */
    public Builder amsgrad(boolean value) {
      amsgrad = value;
      return this;
    }

    /** Whether to go up the gradient; not by default. */
    public Builder maximize(boolean value) {
      maximize = value;
      return this;
    }

    /** Whether libtorch's one kernel for the whole step is used; so by default. */
    public Builder fused(boolean value) {
      fused = value;
      return this;
    }

    /**
     * An optimizer of the parameters of {@code module} that need gradients, in Hugging Face's two
     * groups: those weight decay is for, and the rest.
     *
     * @throws IllegalArgumentException if there are none
     */
    public AdamW over(Module module) {
      return over(module, LearningRates.uniform());
    }

    /**
     * As {@link #over(Module)}, with such groups for each learning rate there is besides {@link
     * #learningRate}.
     *
     * @throws IllegalArgumentException if there are no parameters that need gradients, or none for
     *     one of the rates
     */
    public AdamW over(Module module, LearningRates rates) {
      return new AdamW(
          ParameterGroup.of(rates.tiers(module, learningRate), weightDecay, this::options));
    }

    /**
     * An optimizer of two groups: parameters weight decay is for, and parameters it is not for.
     *
     * @throws IllegalArgumentException if there are none in either
     */
    public AdamW over(Map<String, Tensor> decayed, Map<String, Tensor> exempt) {
      return new AdamW(
          List.of(
              new ParameterGroup(decayed, options(weightDecay, learningRate)),
              new ParameterGroup(exempt, options(0.0, learningRate))));
    }

    /**
     * An optimizer of these parameters, in one group.
     *
     * @throws IllegalArgumentException if there are none
     */
    public AdamW over(Map<String, Tensor> parameters) {
      return new AdamW(List.of(new ParameterGroup(parameters, options(weightDecay, learningRate))));
    }

    private StateDict options(double decay, double rate) {
      return StateDict.builder()
          .put("weight_decay", decay)
          .put("lr", rate)
          .put("betas", Value.tuple(Value.of(beta1), Value.of(beta2)))
          .put("eps", epsilon)
          .put("amsgrad", amsgrad)
          .put("maximize", maximize)
          .put("foreach", Value.none())
          .put("capturable", false)
          .put("differentiable", false)
          .put("fused", fused ? Value.of(true) : Value.none())
          .put("decoupled_weight_decay", true)
          .build();
    }
  }

  @Override
  protected StateDict defaults() {
    return builder().fused(false).options(1e-2, 1e-3);
  }

  @Override
  protected List<String> stateNames(StateDict options) {
    return Settings.of(options).amsgrad()
        ? List.of(STEP, EXP_AVG, EXP_AVG_SQ, MAX_EXP_AVG_SQ)
        : List.of(STEP, EXP_AVG, EXP_AVG_SQ);
  }

  @Override
  protected void update(ParameterGroup group, Map<String, Tensor> gradients) {
    Settings settings = Settings.of(group.options());
    Map<ScalarType, List<Moments>> byType = new LinkedHashMap<>();
    gradients.forEach(
        (name, gradient) -> {
          Tensor parameter = group.parameters().get(name);
          if (parameter != null) {
            byType
                .computeIfAbsent(parameter.scalar_type().intern(), _ -> new ArrayList<>())
                .add(moments(name, parameter, gradient, settings));
          }
        });
    for (List<Moments> all : byType.values()) {
      all.forEach(moments -> moments.step().add_(new Scalar(1.0)));
      if (settings.fused()) {
        fusedStep(all, settings);
      } else {
        all.forEach(moments -> singleStep(moments, settings));
      }
    }
  }

  private static void fusedStep(List<Moments> all, Settings settings) {
    FUSED_STEP.call(
        NativeOperator.list(all.stream().map(Moments::parameter).toList()),
        NativeOperator.list(all.stream().map(Moments::gradient).toList()),
        NativeOperator.list(all.stream().map(Moments::average).toList()),
        NativeOperator.list(all.stream().map(Moments::square).toList()),
        NativeOperator.list(
            settings.amsgrad() ? all.stream().map(Moments::largestSquare).toList() : List.of()),
        NativeOperator.list(all.stream().map(Moments::step).toList()),
        new IValue(settings.learningRate()),
        new IValue(settings.beta1()),
        new IValue(settings.beta2()),
        new IValue(settings.weightDecay()),
        new IValue(settings.epsilon()),
        new IValue(settings.amsgrad()),
        new IValue(settings.maximize()),
        NativeOperator.none(),
        NativeOperator.none());
  }

  private static void singleStep(Moments moments, Settings settings) {
    Tensor gradient = settings.maximize() ? moments.gradient().neg() : moments.gradient();
    if (settings.weightDecay() != 0) {
      moments.parameter().mul_(new Scalar(1 - settings.learningRate() * settings.weightDecay()));
    }
    moments.average().lerp_(gradient, new Scalar(1 - settings.beta1()));
    moments
        .square()
        .mul_(new Scalar(settings.beta2()))
        .addcmul_(gradient, gradient, new Scalar(1 - settings.beta2()));
    double step = moments.step().item_float();
    double stepSize = settings.learningRate() / (1 - CMath.pow(settings.beta1(), step));
    double correction = CMath.pow(1 - CMath.pow(settings.beta2(), step), 0.5);
    Tensor square = moments.square();
    if (settings.amsgrad()) {
      square = torch.maximum_out(moments.largestSquare(), moments.largestSquare(), square);
    }
    Tensor denominator =
        square.sqrt().div(new Scalar(correction)).add_(new Scalar(settings.epsilon()));
    moments.parameter().addcdiv_(moments.average(), denominator, new Scalar(-stepSize));
  }

  private Moments moments(String name, Tensor parameter, Tensor gradient, Settings settings) {
    Map<String, Tensor> state = state(name);
    return new Moments(
        parameter,
        gradient,
        state.computeIfAbsent(
            STEP,
            // Where the parameter is, as the fused kernels need it.
            _ -> NativeTensors.kept(torch.zeros().to(parameter.device(), ScalarType.Float))),
        average(state, EXP_AVG, parameter),
        average(state, EXP_AVG_SQ, parameter),
        settings.amsgrad() ? average(state, MAX_EXP_AVG_SQ, parameter) : parameter);
  }

  private static Tensor average(Map<String, Tensor> state, String key, Tensor parameter) {
    return state.computeIfAbsent(key, _ -> NativeTensors.kept(torch.zeros_like(parameter)));
  }

  /**
   * A parameter, its gradient and its state.
   *
   * @param largestSquare any tensor without amsgrad
   */
  private record Moments(
      Tensor parameter,
      Tensor gradient,
      Tensor step,
      Tensor average,
      Tensor square,
      Tensor largestSquare) {}

  /** The options of a group, read. */
  private record Settings(
      double learningRate,
      double beta1,
      double beta2,
      double epsilon,
      double weightDecay,
      boolean amsgrad,
      boolean maximize,
      boolean fused) {

    static Settings of(StateDict options) {
      var read = new OptionReader(options);
      read.requireOff("capturable");
      read.requireOff("differentiable");
      if (!(options.get("betas") instanceof Value.Tuple(List<Value> betas)) || betas.size() != 2) {
        throw new StateMismatchException(
            "option 'betas' should be a tuple of two numbers and is "
                + Kind.of(options.get("betas")));
      }
      return new Settings(
          options.real("lr"),
          OptionReader.real("betas", betas.get(0)),
          OptionReader.real("betas", betas.get(1)),
          options.real("eps"),
          options.real("weight_decay"),
          read.flag("amsgrad"),
          read.flag("maximize"),
          read.flag("fused"));
    }
  }
}
