package io.github.checkpoint4j.keras.network;

import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Value;
import io.github.checkpoint4j.torch.ModuleState;
import io.github.checkpoint4j.torch.Optimizer;
import io.github.checkpoint4j.torch.ParameterGroup;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * What Keras's optimizers have in common: gradients are clipped, then weights decay, then the step
 * is made; all parameters are in one group.
 *
 * @see <a
 *     href="https://github.com/keras-team/keras/blob/v3.15.1/keras/src/optimizers/base_optimizer.py">keras/src/optimizers/base_optimizer.py</a>
 */
public abstract sealed class KerasOptimizer extends Optimizer permits KerasAdam, KerasSgd {
  static final String LEARNING_RATE = "lr";
  static final String WEIGHT_DECAY = "weight_decay";

  /** The learning rate that SGD's momentum is in terms of. */
  static final String MOMENTUM_RATE = "momentum_lr";

  private final GradientLimit limit;

  KerasOptimizer(Module module, StateDict options, GradientLimit limit) {
    super(List.of(new ParameterGroup(trained(module), options)));
    this.limit = limit;
  }

  private static Map<String, Tensor> trained(Module module) {
    Map<String, Tensor> trained = new LinkedHashMap<>();
    ModuleState.of(module)
        .parameters()
        .forEach(
            (name, parameter) -> {
              if (parameter.requires_grad()) {
                trained.put(name, parameter);
              }
            });
    return trained;
  }

  /**
   * Takes on the state that the optimizer of another run had after a step.
   *
   * @param parameters the state tensors of each parameter that had a gradient, by its name:
   *     PyTorch's {@code step}, {@code exp_avg}, {@code exp_avg_sq} and {@code max_exp_avg_sq}, or
   *     {@code momentum_buffer}
   * @param learningRate the learning rate of the next step; that momentum is in terms of it
   * @throws io.github.checkpoint4j.state.StateMismatchException if it does not fit; the message
   *     names all of it, and nothing was changed
   */
  public final void takeOn(StateDict parameters, double learningRate) {
    Map<Value, Value> state = new LinkedHashMap<>();
    List<Value> names = new ArrayList<>();
    List<Value> indices = new ArrayList<>();
    List<String> all = new ArrayList<>(groups().getFirst().parameters().keySet());
    parameters.names().stream().filter(name -> !all.contains(name)).forEach(all::add);
    for (String name : all) {
      Value index = Value.of((long) indices.size());
      indices.add(index);
      names.add(Value.of(name));
      parameters.find(name).ifPresent(entry -> state.put(index, entry));
    }
    Map<String, Value> group = new LinkedHashMap<>(groups().getFirst().options().entries());
    group.put(LEARNING_RATE, Value.of(learningRate));
    group.replace(MOMENTUM_RATE, Value.of(learningRate));
    group.put("param_names", new Value.Items(names));
    group.put("params", new Value.Items(indices));
    loadStateDict(
        StateDict.builder()
            .put("state", new Value.Dict(state))
            .put("param_groups", new Value.Items(List.of(StateDict.of(group))))
            .build());
  }

  @Override
  protected final void update(ParameterGroup group, Map<String, Tensor> gradients) {
    Map<String, Tensor> limited = limit.apply(gradients);
    group
        .parameters()
        .forEach(
            (name, parameter) -> {
              if (limited.containsKey(name)) {
                decay(parameter, group);
              }
            });
    step(group, limited);
  }

  private static void decay(Tensor parameter, ParameterGroup group) {
    if (group.weightDecay() != 0) {
      Tensor decayed =
          parameter.mul(new Scalar(group.weightDecay())).mul(new Scalar(group.learningRate()));
      parameter.sub_(decayed);
    }
  }

  /**
   * Changes parameters by their gradients.
   *
   * @param gradients clipped, by the name of the parameter
   */
  abstract void step(ParameterGroup group, Map<String, Tensor> gradients);

  /** A truth value among the options. */
  static boolean flag(StateDict options, String name) {
    return options.get(name) instanceof Value.Bool(boolean on) && on;
  }
}
