package io.github.checkpoint4j.keras.network;

import io.github.checkpoint4j.keras.layers.OptimizerState;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Value;
import io.github.checkpoint4j.torch.ModuleState;
import io.github.checkpoint4j.torch.Optimizer;
import io.github.checkpoint4j.torch.ParameterGroup;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
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
   * @param saved of the same parameters; without a learning rate this optimizer's stays
   * @throws io.github.checkpoint4j.state.StateMismatchException if it does not fit; the message
   *     names all of it, and nothing was changed
   */
  public final void takeOn(OptimizerState saved) {
    StateDict parameters = saved.parameters();
    Map<Value, Value> state = new LinkedHashMap<>();
    List<Value> names = new ArrayList<>();
    List<Value> indices = new ArrayList<>();
    List<String> all = new ArrayList<>(group().parameters().keySet());
    parameters.names().stream().filter(name -> !all.contains(name)).forEach(all::add);
    for (String name : all) {
      Value index = Value.of((long) indices.size());
      indices.add(index);
      names.add(Value.of(name));
      parameters.find(name).ifPresent(entry -> state.put(index, entry));
    }
    Value learningRate = Value.of(saved.learningRate().orElse(group().learningRate()));
    Map<String, Value> group = new LinkedHashMap<>(group().options().entries());
    group.put(LEARNING_RATE, learningRate);
    group.replace(MOMENTUM_RATE, learningRate);
    group.put("param_names", new Value.Items(names));
    group.put("params", new Value.Items(indices));
    loadStateDict(
        StateDict.builder()
            .put("state", new Value.Dict(state))
            .put("param_groups", new Value.Items(List.of(StateDict.of(group))))
            .build());
  }

  /**
   * The state, for a file of Keras's. Its tensors are views of this optimizer's memory, but for a
   * momentum that is in terms of another learning rate.
   *
   * @param step the steps done
   * @throws IllegalStateException if there is momentum, and the learning rate is 0, in terms of
   *     which it cannot be told
   */
  public final OptimizerState state(long step) {
    Map<String, Value> parameters = new LinkedHashMap<>();
    Map<Value, Value> state = ((Value.Dict) stateDict().get("state")).entries();
    long index = 0;
    for (String name : group().parameters().keySet()) {
      Value entry = state.get(Value.of(index++));
      if (entry != null) {
        parameters.put(name, entry);
      }
    }
    return new OptimizerState(
        step,
        OptionalDouble.of(group().learningRate()),
        inTermsOf(group(), StateDict.of(parameters)));
  }

  /** The state of each parameter in terms of the learning rate of the next step. */
  StateDict inTermsOf(ParameterGroup group, StateDict parameters) {
    return parameters;
  }

  private ParameterGroup group() {
    return groups().getFirst();
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
