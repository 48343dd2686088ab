package io.github.checkpoint4j.torch;

import io.github.checkpoint4j.state.Dtype;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.StateMismatchException;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.state.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The layout of {@code optimizer.pt}. PyTorch gives parameters an index, counted through the
 * groups; here they have names, and the index is made when writing and resolved when reading.
 *
 * @see <a href="https://github.com/pytorch/pytorch/blob/main/torch/optim/optimizer.py">{@code
 *     Optimizer.state_dict} and {@code load_state_dict}</a>
 */
final class OptimizerLayout {
  private static final String STATE = "state";
  private static final String GROUPS = "param_groups";
  private static final String INDICES = "params";
  private static final String NAMES = "param_names";

  private OptimizerLayout() {}

  /**
   * What fits an optimizer.
   *
   * @param options of each of its groups
   * @param state tensors by parameter and by their own name
   */
  record Contents(List<StateDict> options, Map<String, Map<String, Tensor>> state) {}

  /**
   * A group of a file.
   *
   * @param indices of its parameters
   * @param names of its parameters; empty if the file does not have them
   * @param options the rest
   */
  private record SavedGroup(List<Long> indices, List<String> names, StateDict options) {
    boolean isNamed() {
      return names.size() == indices.size();
    }
  }

  static StateDict write(
      List<ParameterGroup> groups, Map<String, Map<String, org.bytedeco.pytorch.Tensor>> state) {
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
          tensors.forEach((key, tensor) -> entry.put(key, NativeTensors.view(tensor)));
          entries.put(Value.of(index), entry.build());
        }
        indices.add(Value.of(index));
        names.add(Value.of(name));
        index++;
      }
      Map<String, Value> saved = new LinkedHashMap<>(group.options().entries());
      saved.put(NAMES, new Value.Items(names));
      saved.put(INDICES, new Value.Items(indices));
      savedGroups.add(StateDict.of(saved));
    }
    return StateDict.builder()
        .put(STATE, new Value.Dict(entries))
        .put(GROUPS, new Value.Items(savedGroups))
        .build();
  }

  /**
   * Checks that a state fits an optimizer, down to the last tensor.
   *
   * @throws StateMismatchException if not; it names all that does not fit
   */
  static Contents read(StateDict saved, Optimizer optimizer) {
    List<SavedGroup> savedGroups = groups(saved.get(GROUPS));
    Map<Long, StateDict> savedState = state(saved.get(STATE));
    List<ParameterGroup> groups = optimizer.groups();
    boolean named = savedGroups.stream().allMatch(SavedGroup::isNamed);
    Map<String, Long> indices =
        named ? indicesByName(savedGroups) : indicesInOrder(savedGroups, groups);

    var fit = new StateFit("the optimizer");
    Map<Long, Integer> groupOf = new HashMap<>();
    for (int i = 0; i < savedGroups.size(); i++) {
      for (long index : savedGroups.get(i).indices()) {
        groupOf.put(index, i);
      }
    }
    Set<Long> used = new HashSet<>();
    List<StateDict> options = new ArrayList<>();
    Map<String, Map<String, Tensor>> state = new LinkedHashMap<>();
    for (int i = 0; i < groups.size(); i++) {
      Set<Integer> sources = new HashSet<>();
      for (String name : groups.get(i).parameters().keySet()) {
        Long index = indices.get(name);
        if (index == null) {
          fit.missing(name);
        } else {
          used.add(index);
          sources.add(groupOf.get(index));
        }
      }
      if (sources.size() > 1) {
        fit.different("group " + i, "parameters of one group", "parameters of groups " + sources);
      }
      // A group without parameters takes its options by position, as all do without names.
      int source = sources.isEmpty() ? i : sources.iterator().next();
      options.add(
          source < savedGroups.size()
              ? completed(optimizer.defaults(), savedGroups.get(source).options())
              : groups.get(i).options());
      List<String> stateNames = optimizer.stateNames(options.getLast());
      groups
          .get(i)
          .parameters()
          .forEach(
              (name, parameter) -> {
                Long index = indices.get(name);
                StateDict entry = index == null ? null : savedState.get(index);
                if (entry != null && entry.size() > 0) {
                  Map<String, Tensor> tensors = tensors(name, parameter, entry, stateNames, fit);
                  state.put(name, tensors);
                }
              });
    }
    indices.forEach(
        (name, index) -> {
          if (!used.contains(index)) {
            fit.unexpected(name);
          }
        });
    for (long index : savedState.keySet()) {
      if (!groupOf.containsKey(index)) {
        fit.unexpected("state of parameter " + index);
      }
    }
    fit.require();
    return new Contents(options, state);
  }

  private static Map<String, Tensor> tensors(
      String parameter,
      org.bytedeco.pytorch.Tensor target,
      StateDict entry,
      List<String> expected,
      StateFit fit) {
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
        fit.compare(full, Dtype.F32, new long[0], found);
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

  private static StateDict completed(StateDict defaults, StateDict options) {
    Map<String, Value> all = new LinkedHashMap<>(options.entries());
    defaults.entries().forEach(all::putIfAbsent);
    return StateDict.of(all);
  }

  private static Map<String, Long> indicesByName(List<SavedGroup> groups) {
    Map<String, Long> indices = new LinkedHashMap<>();
    for (SavedGroup group : groups) {
      for (int i = 0; i < group.indices().size(); i++) {
        if (indices.putIfAbsent(group.names().get(i), group.indices().get(i)) != null) {
          throw new StateMismatchException(
              "two parameters '" + group.names().get(i) + "' in '" + NAMES + "'");
        }
      }
    }
    return indices;
  }

  private static Map<String, Long> indicesInOrder(
      List<SavedGroup> saved, List<ParameterGroup> groups) {
    List<Integer> found = saved.stream().map(group -> group.indices().size()).toList();
    List<Integer> expected = groups.stream().map(group -> group.parameters().size()).toList();
    if (!found.equals(expected)) {
      throw new StateMismatchException(
          "the state does not fit the optimizer, which was not changed: expected groups of "
              + expected
              + " parameters, found groups of "
              + found);
    }
    Map<String, Long> indices = new LinkedHashMap<>();
    for (int i = 0; i < groups.size(); i++) {
      int position = 0;
      for (String name : groups.get(i).parameters().keySet()) {
        indices.put(name, saved.get(i).indices().get(position));
        position++;
      }
    }
    return indices;
  }

  private static List<SavedGroup> groups(Value value) {
    Set<Long> seen = new HashSet<>();
    List<SavedGroup> groups = new ArrayList<>();
    for (Value item : items(value, "'" + GROUPS + "'")) {
      if (!(item instanceof StateDict group)) {
        throw new StateMismatchException(
            "'" + GROUPS + "' should hold dicts with string keys and holds " + item);
      }
      List<Long> indices = new ArrayList<>();
      for (Value index : items(group.get(INDICES), "'" + INDICES + "'")) {
        long number = index(index, "'" + INDICES + "'");
        if (!seen.add(number)) {
          throw new StateMismatchException(
              "parameter " + number + " is twice in '" + INDICES + "'");
        }
        indices.add(number);
      }
      List<String> names = new ArrayList<>();
      if (group.contains(NAMES)) {
        for (Value name : items(group.get(NAMES), "'" + NAMES + "'")) {
          if (!(name instanceof Value.Text text)) {
            throw new StateMismatchException(
                "'" + NAMES + "' should hold strings and holds " + name);
          }
          names.add(text.value());
        }
      }
      Map<String, Value> options = new LinkedHashMap<>(group.entries());
      options.remove(INDICES);
      options.remove(NAMES);
      groups.add(new SavedGroup(indices, names, HeapCopy.of(StateDict.of(options))));
    }
    return groups;
  }

  private static Map<Long, StateDict> state(Value value) {
    Map<Long, StateDict> state = new LinkedHashMap<>();
    Map<Value, Value> entries =
        switch (value) {
          case Value.Dict dict -> dict.entries();
          case StateDict dict when dict.size() == 0 -> Map.of();
          default ->
              throw new StateMismatchException(
                  "'" + STATE + "' should be a dict by parameter index and is " + value);
        };
    entries.forEach(
        (key, entry) -> {
          if (!(entry instanceof StateDict tensors)) {
            throw new StateMismatchException(
                "'" + STATE + "' of parameter " + key + " should be a dict and is " + entry);
          }
          state.put(index(key, "'" + STATE + "'"), tensors);
        });
    return state;
  }

  private static List<Value> items(Value value, String what) {
    return switch (value) {
      case Value.Items items -> items.values();
      case Value.Tuple tuple -> tuple.values();
      default -> throw new StateMismatchException(what + " should be a list and is " + value);
    };
  }

  private static long index(Value value, String what) {
    if (value instanceof Value.Int whole && whole.value().bitLength() < Long.SIZE) {
      return whole.exactLong();
    }
    throw new StateMismatchException(
        what + " should have parameter indices, whole numbers, and has " + value);
  }
}
