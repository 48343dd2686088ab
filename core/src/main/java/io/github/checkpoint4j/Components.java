package io.github.checkpoint4j;

import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.StateMismatchException;
import io.github.checkpoint4j.state.Stateful;
import io.github.checkpoint4j.store.Checkpoint;
import io.github.checkpoint4j.store.Sharding;
import io.github.checkpoint4j.store.TrainerLayout;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/** What a run's checkpoints consist of: the tracked components, and files made anew each time. */
final class Components {
  private final Map<String, Stateful> tracked = new LinkedHashMap<>();
  private final Map<String, Supplier<FileContent>> files = new LinkedHashMap<>();
  private Supplier<Set<String>> frozen = Set::of;
  private Sharding sharding = Sharding.DEFAULT;

  void track(String component, Stateful stateful) {
    requireFree(TrainerLayout.file(component));
    files.keySet().stream()
        .filter(file -> TrainerLayout.isFileOf(component, file))
        .findFirst()
        .ifPresent(Components::refuse);
    tracked.put(component, stateful);
  }

  void file(String name, Supplier<FileContent> content) {
    requireFree(name);
    files.put(name, content);
  }

  private void requireFree(String file) {
    if (files.containsKey(file)
        || tracked.keySet().stream().anyMatch(other -> TrainerLayout.isFileOf(other, file))) {
      refuse(file);
    }
  }

  private static void refuse(String file) {
    throw new IllegalArgumentException("two parts of the checkpoint would be in " + file);
  }

  /** Puts these tensors of the model, asked for anew each time, into a file of their own. */
  void freeze(Supplier<Set<String>> names) {
    frozen = names;
  }

  /** Splits the model into files whose tensors take at most this many bytes. */
  void split(long maxShardSize) {
    sharding = sharding.withMaxShardSize(maxShardSize);
  }

  /** The state of every component and the content of every other file, now. */
  TrackedState state() {
    Map<String, StateDict> states = new LinkedHashMap<>();
    tracked.forEach((component, stateful) -> states.put(component, stateful.stateDict()));
    Map<String, FileContent> content = new LinkedHashMap<>();
    files.forEach((name, file) -> content.put(name, file.get()));
    Stateful model = tracked.get(TrainerLayout.MODEL);
    Sharding now = sharding.withFrozen(frozen.get());
    return new TrackedState(
        states, model == null ? now : now.withParameters(model.parameterCount()), content);
  }

  /** The components that a checkpoint does not have. */
  List<String> missing(Checkpoint checkpoint) {
    return tracked.keySet().stream().filter(name -> !checkpoint.contains(name)).toList();
  }

  /**
   * The state of each component in a checkpoint, in the order in which to load them: random numbers
   * last, since loading the others may draw some.
   */
  Map<String, StateDict> read(Checkpoint checkpoint) throws IOException {
    List<String> order = new ArrayList<>(tracked.keySet());
    if (order.remove(TrainerLayout.RANDOM_STATE)) {
      order.add(TrainerLayout.RANDOM_STATE);
    }
    Map<String, StateDict> states = new LinkedHashMap<>();
    for (String component : order) {
      states.put(component, checkpoint.state(component));
    }
    return states;
  }

  /** Loads what {@link #read} gave. */
  void load(Map<String, StateDict> states) {
    states.forEach(
        (component, state) -> {
          Stateful stateful = tracked.get(component);
          if (stateful != null) {
            load(component, stateful, state);
          }
        });
  }

  private static void load(String component, Stateful stateful, StateDict state) {
    try {
      stateful.loadStateDict(state);
    } catch (StateMismatchException e) {
      StateMismatchException named =
          new StateMismatchException(
              "the checkpoint's " + component + " does not fit: " + e.getMessage());
      named.initCause(e);
      throw named;
    }
  }
}
