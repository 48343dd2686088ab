package io.github.checkpoint4j.torch;

import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.StateMismatchException;
import io.github.checkpoint4j.state.Stateful;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Changes parameters by their gradients. Its state is open: it is saved and loaded as PyTorch's
 * {@code optimizer.state_dict()}, and belongs to parameters by name.
 *
 * <p>It keeps references of its own to the parameters and owns its state, which no {@link
 * PointerScope} of the caller frees. Not for use by several threads at once.
 */
public abstract class Optimizer implements Stateful {
  /** The name of a parameter's count of steps: a scalar of F32, unlike the rest of its state. */
  protected static final String STEP = "step";

  private final List<ParameterGroup> groups;
  private final Map<String, Map<String, Tensor>> state = new LinkedHashMap<>();
  private final HostTensors host = new HostTensors();

  /**
   * @throws IllegalArgumentException if there is no parameter, a name is in two groups, or a
   *     parameter is not of a real floating-point type
   */
  protected Optimizer(List<ParameterGroup> groups) {
    this.groups = List.copyOf(groups);
    Set<String> names = new HashSet<>();
    for (ParameterGroup group : groups) {
      group
          .parameters()
          .forEach(
              (name, parameter) -> {
                if (!names.add(name)) {
                  throw new IllegalArgumentException(
                      "parameter '" + name + "' is in two groups of the optimizer");
                }
                if (!parameter.is_floating_point()) {
                  throw new IllegalArgumentException(
                      "parameter '%s' is of %s; an optimizer needs a floating-point type"
                          .formatted(name, parameter.scalar_type().intern()));
                }
              });
    }
    if (names.isEmpty()) {
      throw new IllegalArgumentException("an optimizer without parameters");
    }
  }

  /** The groups of parameters, in PyTorch's order. */
  public final List<ParameterGroup> groups() {
    return groups;
  }

  /**
   * Changes every parameter that has a gradient.
   *
   * @throws IllegalStateException if a gradient is sparse; parameters of earlier groups may have
   *     been changed then
   */
  public final void step() {
    try (var _ = new PointerScope();
        var _ = new NoGradGuard()) {
      for (ParameterGroup group : groups) {
        Map<String, Tensor> gradients = new LinkedHashMap<>();
        group
            .parameters()
            .forEach(
                (name, parameter) -> {
                  Tensor gradient = parameter.grad();
                  if (gradient.defined()) {
                    if (gradient.layout().intern() != torch.Layout.Strided) {
                      throw new IllegalStateException(
                          "the gradient of '" + name + "' is sparse; the optimizer needs it dense");
                    }
                    gradients.put(name, gradient);
                  }
                });
        if (!gradients.isEmpty()) {
          update(group, gradients);
        }
      }
    }
  }

  /** Forgets the gradients, so that a parameter without a new one is left alone. */
  public final void zeroGrad() {
    try (var _ = new PointerScope()) {
      for (ParameterGroup group : groups) {
        group.parameters().values().forEach(parameter -> parameter.mutable_grad().reset());
      }
    }
  }

  /**
   * The state as PyTorch lays it out: {@code {'state': {index: {...}}, 'param_groups': [{...,
   * 'param_names': [...], 'params': [index, ...]}]}}. A parameter that never had a gradient has no
   * entry in {@code state}. The tensors are views of this optimizer's memory; on a GPU they are
   * copies, which the next call overwrites.
   */
  @Override
  public final StateDict stateDict() {
    return OptimizerLayout.write(groups, state, host);
  }

  /**
   * Takes on a state of PyTorch's layout, the options of the groups with it, the learning rate
   * among them. Entries belong to parameters by {@code param_names} if all groups have them, else
   * by order: then there have to be as many groups, with as many parameters each.
   *
   * @throws StateMismatchException if anything is missing, unexpected, or of another shape or
   *     dtype; the message names all of it, and nothing was changed
   */
  @Override
  public final void loadStateDict(StateDict saved) {
    OptimizerLayout.Contents contents = OptimizerLayout.read(saved, this);
    Map<String, Map<String, Tensor>> loaded = new LinkedHashMap<>();
    contents.state().forEach((name, tensors) -> loaded.put(name, copied(tensors, parameter(name))));
    for (int i = 0; i < groups.size(); i++) {
      groups.get(i).options(contents.options().get(i));
    }
    state.values().forEach(tensors -> tensors.values().forEach(Tensor::close));
    state.clear();
    state.putAll(loaded);
  }

  /**
   * Changes the parameters of a group that have gradients. Called without autograd, in a scope that
   * frees all that is made.
   *
   * @param gradients one or more, dense, by the name of the parameter
   */
  protected abstract void update(ParameterGroup group, Map<String, Tensor> gradients);

  /** PyTorch's options and their defaults, for what older versions did not write. */
  protected abstract StateDict defaults();

  /**
   * The names of a parameter's state tensors under these options.
   *
   * @throws StateMismatchException if an option is of another kind, or asks for what this optimizer
   *     does not do
   */
  protected abstract List<String> stateNames(StateDict options);

  /** The state of a parameter under PyTorch's names: empty before its first gradient. */
  final Map<String, Tensor> state(String parameter) {
    return state.computeIfAbsent(parameter, _ -> new LinkedHashMap<>());
  }

  /**
   * A tensor of a parameter's state, made when it is first asked for; it outlives the scope of
   * {@link #update}.
   *
   * @param name {@link #STEP}, or one for a tensor of the parameter's shape
   */
  protected final Tensor state(String parameter, String name, Supplier<Tensor> initial) {
    return state(parameter).computeIfAbsent(name, _ -> NativeTensors.kept(initial.get()));
  }

  private Tensor parameter(String name) {
    for (ParameterGroup group : groups) {
      Tensor parameter = group.parameters().get(name);
      if (parameter != null) {
        return parameter;
      }
    }
    throw new IllegalArgumentException("the optimizer has no parameter '" + name + "'");
  }

  private static Map<String, Tensor> copied(
      Map<String, io.github.checkpoint4j.state.Tensor> saved, Tensor parameter) {
    Map<String, Tensor> copies = new LinkedHashMap<>();
    try (var _ = new PointerScope();
        var _ = new NoGradGuard()) {
      saved.forEach(
          (name, tensor) -> {
            Tensor copy;
            if (name.equals(STEP)) {
              copy = NativeTensors.copyOf(tensor).to(parameter.device(), ScalarType.Float);
            } else {
              // In the parameter's memory layout, which the fused kernels take for granted.
              copy = torch.empty_like(parameter);
              NativeTensors.copyInto(tensor, copy);
            }
            copies.put(name, NativeTensors.kept(copy));
          });
    }
    return copies;
  }
}
