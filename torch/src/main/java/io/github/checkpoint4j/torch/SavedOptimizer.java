package io.github.checkpoint4j.torch;

import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.StateMismatchException;
import io.github.checkpoint4j.state.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The state of an optimizer as it is in a file: PyTorch's {@code optimizer.state_dict()}, which
 * gives each parameter an index. Whether it fits an optimizer is not looked at yet.
 *
 * @see <a href="https://github.com/pytorch/pytorch/blob/main/torch/optim/optimizer.py">{@code
 *     Optimizer.state_dict} and {@code load_state_dict}</a>
 */
final class SavedOptimizer {
  static final String STATE = "state";
  static final String GROUPS = "param_groups";
  static final String INDICES = "params";
  static final String NAMES = "param_names";

  private final List<Group> groups;
  private final Map<Long, StateDict> state;
  private final Map<Long, Integer> groupOf = new HashMap<>();

  private SavedOptimizer(List<Group> groups, Map<Long, StateDict> state) {
    this.groups = groups;
    this.state = state;
    for (int i = 0; i < groups.size(); i++) {
      for (long index : groups.get(i).indices()) {
        if (groupOf.putIfAbsent(index, i) != null) {
          throw new StateMismatchException("parameter " + index + " is twice in '" + INDICES + "'");
        }
      }
    }
  }

  /**
   * An entry of {@code param_groups}.
   *
   * @param indices of its parameters
   * @param names of its parameters; empty if the file does not have them
   * @param options the rest
   */
  private record Group(List<Long> indices, List<String> names, StateDict options) {
    boolean isNamed() {
      return names.size() == indices.size();
    }
  }

  /**
   * Reads the layout.
   *
   * @throws StateMismatchException if it is another; the message says where
   */
  static SavedOptimizer parse(StateDict saved) {
    List<Group> groups = new ArrayList<>();
    for (Value item : items(saved, GROUPS)) {
      if (!(item instanceof StateDict group)) {
        throw new StateMismatchException(
            "'" + GROUPS + "' should hold dicts with string keys and holds " + Kind.of(item));
      }
      groups.add(group(group));
    }
    return new SavedOptimizer(groups, state(saved.get(STATE)));
  }

  /** The number of groups. */
  int groupCount() {
    return groups.size();
  }

  /** The options of a group, {@code lr} and the like. */
  StateDict options(int group) {
    return groups.get(group).options();
  }

  /** The group that a parameter is in; empty if it is in none. */
  Optional<Integer> groupOf(long index) {
    return Optional.ofNullable(groupOf.get(index));
  }

  /** The state tensors of a parameter; none if it never had a gradient. */
  StateDict stateOf(long index) {
    return state.getOrDefault(index, StateDict.empty());
  }

  /** The indices that have state. */
  Set<Long> indicesWithState() {
    return state.keySet();
  }

  /**
   * The index of each parameter by name: by the file's names if all its groups have them, else by
   * order.
   *
   * @param expected the groups whose names the parameters get if it is by order
   * @throws StateMismatchException if a name is there twice, or it is by order and there are not as
   *     many groups with as many parameters each
   */
  Map<String, Long> indices(List<ParameterGroup> expected) {
    List<List<String>> names;
    if (groups.stream().allMatch(Group::isNamed)) {
      names = groups.stream().map(Group::names).toList();
    } else {
      names = expected.stream().map(group -> List.copyOf(group.parameters().keySet())).toList();
      requireSizes(names.stream().map(List::size).toList());
    }
    Map<String, Long> indices = new LinkedHashMap<>();
    for (int i = 0; i < groups.size(); i++) {
      for (int j = 0; j < names.get(i).size(); j++) {
        if (indices.putIfAbsent(names.get(i).get(j), groups.get(i).indices().get(j)) != null) {
          throw new StateMismatchException(
              "two parameters '" + names.get(i).get(j) + "' in '" + NAMES + "'");
        }
      }
    }
    return indices;
  }

  private void requireSizes(List<Integer> expected) {
    List<Integer> found = groups.stream().map(group -> group.indices().size()).toList();
    if (!found.equals(expected)) {
      throw new StateMismatchException(
          "the state does not fit the optimizer, which was not changed: expected groups of "
              + expected
              + " parameters, found groups of "
              + found);
    }
  }

  private static Group group(StateDict group) {
    List<Long> indices = new ArrayList<>();
    for (Value index : items(group, INDICES)) {
      indices.add(index(index, INDICES));
    }
    List<String> names = new ArrayList<>();
    if (group.contains(NAMES)) {
      for (Value name : items(group, NAMES)) {
        if (!(name instanceof Value.Text text)) {
          throw new StateMismatchException(
              "'" + NAMES + "' should hold strings and holds " + Kind.of(name));
        }
        names.add(text.value());
      }
    }
    Map<String, Value> options = new LinkedHashMap<>(group.entries());
    options.keySet().removeAll(Set.of(INDICES, NAMES));
    return new Group(indices, names, HeapCopy.of(StateDict.of(options)));
  }

  private static Map<Long, StateDict> state(Value value) {
    Map<Value, Value> entries =
        switch (value) {
          case Value.Dict dict -> dict.entries();
          case StateDict dict when dict.size() == 0 -> Map.of();
          default ->
              throw new StateMismatchException(
                  "'" + STATE + "' should be a dict by parameter index and is " + Kind.of(value));
        };
    Map<Long, StateDict> state = new LinkedHashMap<>();
    entries.forEach(
        (key, entry) -> {
          long index = index(key, STATE);
          if (!(entry instanceof StateDict tensors)) {
            throw new StateMismatchException(
                "'"
                    + STATE
                    + "' of parameter "
                    + index
                    + " should be a dict and is "
                    + Kind.of(entry));
          }
          state.put(index, tensors);
        });
    return state;
  }

  private static List<Value> items(StateDict dict, String name) {
    return switch (dict.get(name)) {
      case Value.Items items -> items.values();
      case Value.Tuple tuple -> tuple.values();
      case Value other ->
          throw new StateMismatchException(
              "'" + name + "' should be a list and is " + Kind.of(other));
    };
  }

  private static long index(Value value, String name) {
    if (value instanceof Value.Int whole && whole.value().bitLength() < Long.SIZE) {
      return whole.exactLong();
    }
    throw new StateMismatchException(
        "'" + name + "' should have parameter indices, whole numbers, and has " + Kind.of(value));
  }
}
