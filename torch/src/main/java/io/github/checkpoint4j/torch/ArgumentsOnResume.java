package io.github.checkpoint4j.torch;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Value;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Makes the arguments of this run take effect in the optimizer and the schedule after a checkpoint
 * was loaded into them, which brought those of the run that saved it. What is the same stays the
 * same bit for bit.
 */
final class ArgumentsOnResume {
  /** The arguments whose earlier values the optimizer's state tells. */
  static final Set<String> IN_OPTIMIZER =
      Set.of("learning_rate", "weight_decay", "adam_beta1", "adam_beta2", "adam_epsilon");

  /** Options of a group that are arguments. */
  private static final List<String> OPTIONS = List.of("weight_decay", "betas", "eps");

  /** How much two learning rates differ at least that are not the same but for rounding. */
  private static final double ROUNDING = 1e-9;

  private final Optimizer optimizer;
  private final LearningRateScheduler scheduler;
  private final LearningRateSchedule schedule;
  private final List<StateDict> options;
  private final List<Double> initial;
  private final List<Resumption.Change> changes = new ArrayList<>();

  /** Remembers what the arguments made of the optimizer, before a checkpoint is loaded. */
  ArgumentsOnResume(
      Optimizer optimizer, LearningRateScheduler scheduler, LearningRateSchedule schedule) {
    this.optimizer = optimizer;
    this.scheduler = scheduler;
    this.schedule = schedule;
    this.options = optimizer.groups().stream().map(ParameterGroup::options).toList();
    this.initial =
        optimizer.groups().stream()
            .map(group -> group.initialLearningRate().orElse(group.learningRate()))
            .toList();
  }

  /** Makes them take effect, after a checkpoint was loaded; returns what was another before. */
  List<Resumption.Change> apply() {
    for (int i = 0; i < options.size(); i++) {
      applyOptions(optimizer.groups().get(i), options.get(i));
    }
    applyLearningRates();
    return List.copyOf(changes);
  }

  private void applyOptions(ParameterGroup group, StateDict wanted) {
    Map<String, Value> applied = new LinkedHashMap<>(group.options().entries());
    for (String option : OPTIONS) {
      if (wanted.contains(option) && applied.containsKey(option)) {
        Value saved = group.options().get(option);
        Value now = wanted.get(option);
        report(option, saved, now);
        applied.put(option, now);
      }
    }
    group.options(StateDict.of(applied));
  }

  private void applyLearningRates() {
    StateDict state = scheduler.stateDict();
    double multiplier = schedule.multiplier(scheduler.steps());
    List<Double> saved = numbers(state.get("base_lrs"));
    List<Double> last = numbers(state.get("_last_lr"));
    List<Double> rates = new ArrayList<>();
    boolean sameRates = true;
    for (int i = 0; i < initial.size(); i++) {
      rates.add(initial.get(i) * multiplier * scheduler.factors().get(i));
      sameRates &= same(rates.get(i), last.get(i));
    }
    if (saved.equals(initial) && sameRates) {
      return;
    }
    change("learning_rate", saved.getFirst(), initial.getFirst());
    Map<String, Value> applied = new LinkedHashMap<>(state.entries());
    applied.put("base_lrs", reals(initial));
    applied.put("_last_lr", reals(rates));
    scheduler.loadStateDict(StateDict.of(applied));
    for (int i = 0; i < rates.size(); i++) {
      ParameterGroup group = optimizer.groups().get(i);
      group.initialLearningRate(initial.get(i));
      group.learningRate(rates.get(i));
    }
  }

  private void report(String option, Value saved, Value now) {
    switch (option) {
      case "betas" -> {
        change("adam_beta1", item(saved, 0), item(now, 0));
        change("adam_beta2", item(saved, 1), item(now, 1));
      }
      case "eps" -> change("adam_epsilon", number(saved), number(now));
      default -> change(option, number(saved), number(now));
    }
  }

  private void change(String name, double saved, double now) {
    boolean known = changes.stream().anyMatch(change -> change.name().equals(name));
    if (saved != now && !known) {
      changes.add(
          new Resumption.Change(name, Json.of(saved), Json.of(now), Resumption.Effect.APPLIED));
    }
  }

  private static boolean same(double one, double other) {
    return Math.abs(one - other) <= ROUNDING * Math.max(Math.abs(one), Math.abs(other));
  }

  private static Value reals(List<Double> values) {
    return new Value.Items(values.stream().<Value>map(Value::of).toList());
  }

  private static List<Double> numbers(Value values) {
    return values instanceof Value.Items(List<Value> items)
        ? items.stream().map(ArgumentsOnResume::number).toList()
        : List.of(number(values));
  }

  private static double item(Value values, int index) {
    return switch (values) {
      case Value.Items items -> number(items.values().get(index));
      case Value.Tuple tuple -> number(tuple.values().get(index));
      default -> number(values);
    };
  }

  private static double number(Value value) {
    return OptionReader.real("option", value);
  }
}
