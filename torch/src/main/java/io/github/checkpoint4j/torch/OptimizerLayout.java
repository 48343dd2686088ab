package io.github.checkpoint4j.torch;

import io.github.checkpoint4j.state.Dtype;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.StateMismatchException;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.state.Value;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * An optimizer's state in the layout of {@code optimizer.pt}. PyTorch gives parameters an index,
 * counted through the groups; here they have names, and the index is made when writing and resolved
 * when reading.
 */
final class OptimizerLayout {
  private final Optimizer optimizer;
  private final SavedOptimizer saved;
  private final Map<String, Long> indices;
  private final StateFit fit = new StateFit("the state", "the optimizer");

  private OptimizerLayout(Optimizer optimizer, SavedOptimizer saved) {
    this.optimizer = optimizer;
    this.saved = saved;
    this.indices = saved.indices(optimizer.groups());
  }

  /**
   * What fits an optimizer.
   *
   * @param options of each of its groups
   * @param state tensors by parameter and by their own name
   */
  record Contents(List<StateDict> options, Map<String, Map<String, Tensor>> state) {}

  static StateDict write(
      List<ParameterGroup> groups,
      Map<String, Map<String, org.bytedeco.pytorch.Tensor>> state,
      HostTensors host) {
    Map<Value, Value> entries = new LinkedHashMap<>();
    List<Value> savedGroups = new ArrayList<>();
    long index = 0;
    for (ParameterGroup group : groups) {
      List<Value> indices = new ArrayList<>();
      List<Value> names = new ArrayList<>();
      for (String name : group.parameters().keySet()) {
        Map<String, org.bytedeco.pytorch.Tensor> tensors = state.getOrDefault(name, Map.of());
        if (!tensors.isEmpty()) {
          StateDict.Builder entry = StateDict.builder();
          tensors.forEach((key, tensor) -> entry.put(key, host.view(tensor)));
          entries.put(Value.of(index), entry.build());
        }
        indices.add(Value.of(index));
        names.add(Value.of(name));
        index++;
      }
      Map<String, Value> options = new LinkedHashMap<>(group.options().entries());
      options.put(SavedOptimizer.NAMES, new Value.Items(names));
      options.put(SavedOptimizer.INDICES, new Value.Items(indices));
      savedGroups.add(StateDict.of(options));
    }
    return StateDict.builder()
        .put(SavedOptimizer.STATE, new Value.Dict(entries))
        .put(SavedOptimizer.GROUPS, new Value.Items(savedGroups))
        .build();
  }

  /**
   * Checks that a state fits an optimizer, down to the last tensor.
   *
   * @throws StateMismatchException if not; it names all that does not fit
   */
  static Contents read(StateDict saved, Optimizer optimizer) {
    return new OptimizerLayout(optimizer, SavedOptimizer.parse(saved)).read();
  }

  private Contents read() {
    List<StateDict> options = new ArrayList<>();
    Map<String, Map<String, Tensor>> state = new LinkedHashMap<>();
    Map<String, Long> unused = new LinkedHashMap<>(indices);
    for (int i = 0; i < optimizer.groups().size(); i++) {
      ParameterGroup group = optimizer.groups().get(i);
      StateDict groupOptions = options(i);
      List<String> stateNames = optimizer.stateNames(groupOptions);
      options.add(groupOptions);
      group
          .parameters()
          .forEach(
              (name, parameter) -> {
                Long index = unused.remove(name);
                StateDict entry = index == null ? StateDict.empty() : saved.stateOf(index);
                if (index == null) {
                  fit.missing(name);
                } else if (entry.size() > 0) {
                  state.put(name, tensors(name, parameter, entry, stateNames));
                }
              });
    }
    unused.keySet().forEach(fit::unexpected);
    for (long index : saved.indicesWithState()) {
      if (saved.groupOf(index).isEmpty()) {
        fit.unexpected("state of parameter " + index);
      }
    }
    fit.require();
    return new Contents(options, state);
  }

  /** The options that the file has for the parameters of a group. */
  private StateDict options(int position) {
    ParameterGroup group = optimizer.groups().get(position);
    Set<Integer> sources = new TreeSet<>();
    for (String name : group.parameters().keySet()) {
      Long index = indices.get(name);
      if (index != null) {
        saved.groupOf(index).ifPresent(sources::add);
      }
    }
    if (sources.size() > 1) {
      fit.different(
          "group " + position, "parameters of one group", "parameters of groups " + sources);
    }
    // A group without parameters has no names: it takes its options by position.
    int source = sources.isEmpty() ? position : sources.iterator().next();
    if (source >= saved.groupCount()) {
      return group.options();
    }
    Map<String, Value> options = new LinkedHashMap<>(saved.options(source).entries());
    optimizer.defaults().entries().forEach(options::putIfAbsent);
    return StateDict.of(options);
  }

  private Map<String, Tensor> tensors(
      String parameter,
      org.bytedeco.pytorch.Tensor target,
      StateDict entry,
      List<String> expected) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (String name : expected) {
      String full = name + " of " + parameter;
      if (!entry.contains(name)) {
        fit.missing(full);
        continue;
      }
      Value found = entry.get(name);
      if (name.equals(Optimizer.STEP)) {
        found = stepTensor(found);
        fit.compare(full, LoadReport.TensorType.of(Dtype.F32, new long[0]), found);
      } else {
        fit.compare(full, target, found);
      }
      if (found instanceof Tensor tensor) {
        tensors.put(name, tensor);
      }
    }
    for (String name : entry.names()) {
      if (!expected.contains(name)) {
        fit.unexpected(name + " of " + parameter);
      }
    }
    return tensors;
  }

  /** Before version 1.12 PyTorch counted steps in a plain number. */
  private static Value stepTensor(Value step) {
    return switch (step) {
      case Value.Int whole -> Tensor.scalar(whole.value().floatValue());
      case Value.Real real -> Tensor.scalar((float) real.value());
      default -> step;
    };
  }
}
