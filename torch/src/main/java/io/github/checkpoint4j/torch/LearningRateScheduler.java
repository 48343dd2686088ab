package io.github.checkpoint4j.torch;

import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.StateMismatchException;
import io.github.checkpoint4j.state.Stateful;
import io.github.checkpoint4j.state.Value;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Sets the learning rates of an optimizer's groups to their initial ones times a schedule, as
 * PyTorch's {@code LambdaLR}. To be stepped after each step of the optimizer.
 *
 * @see <a
 *     href="https://github.com/pytorch/pytorch/blob/main/torch/optim/lr_scheduler.py">torch/optim/lr_scheduler.py</a>
 */
public final class LearningRateScheduler implements Stateful {
  private static final String FACTORS = "factors";

  private final Optimizer optimizer;
  private final LearningRateSchedule schedule;
  private List<Double> initial;
  private List<Double> last;
  private List<Double> factors;
  private long step;
  private long stepCount = 1;

  /**
   * A scheduler at step 0: it sets the learning rates of that step at once. What the groups have
   * now is their initial learning rate, unless an earlier scheduler has left them one.
   */
  public LearningRateScheduler(Optimizer optimizer, LearningRateSchedule schedule) {
    this.optimizer = optimizer;
    this.schedule = schedule;
    List<Double> rates = new ArrayList<>();
    for (ParameterGroup group : optimizer.groups()) {
      double rate = group.initialLearningRate().orElse(group.learningRate());
      group.initialLearningRate(rate);
      rates.add(rate);
    }
    this.initial = List.copyOf(rates);
    this.factors = Collections.nCopies(rates.size(), 1.0);
    this.last = apply();
  }

  /** Goes on to the next step's learning rates. */
  public void step() {
    step++;
    stepCount++;
    last = apply();
  }

  /**
   * By what the learning rate of each group is multiplied besides the schedule: 1, if not
   * {@linkplain #factors(List) set}.
   */
  public List<Double> factors() {
    return factors;
  }

  /**
   * Multiplies the learning rates of the schedule with these, instead of those before, from the
   * optimizer's next step on: for what lowers them as it sees fit, as Keras's {@code
   * ReduceLROnPlateau} does. They are part of the state.
   *
   * @param values one a group, from 0 up
   * @throws IllegalArgumentException if they are not as many as the groups, or one is negative or
   *     not finite
   */
  public void factors(List<Double> values) {
    if (values.size() != initial.size() || !areFactors(values)) {
      throw new IllegalArgumentException(
          "the factors of the learning rates of %d groups are %s; give each a number from 0 up"
              .formatted(initial.size(), values));
    }
    factors = List.copyOf(values);
    last = apply();
  }

  private static boolean areFactors(List<Double> values) {
    return values.stream().allMatch(value -> value >= 0 && Double.isFinite(value));
  }

  /** The learning rate of the first group, for the optimizer's next step. */
  public double lastLearningRate() {
    return last.getFirst();
  }

  /** The steps made. */
  public long steps() {
    return step;
  }

  /**
   * The state as {@code LambdaLR.state_dict()} has it, and {@code factors} if any is not 1. Of the
   * schedule there is nothing in it: a scheduler that loads the state goes on along its own.
   */
  @Override
  public StateDict stateDict() {
    StateDict.Builder state =
        StateDict.builder()
            .put("base_lrs", reals(initial))
            .put("last_epoch", step)
            .put("_step_count", stepCount)
            .put("_is_initial", false)
            .put("_get_lr_called_within_step", false)
            .put("_last_lr", reals(last))
            .put(
                "lr_lambdas",
                new Value.Items(Collections.nCopies(initial.size(), StateDict.empty())));
    if (factors.stream().anyMatch(factor -> factor != 1)) {
      state.put(FACTORS, reals(factors));
    }
    return state.build();
  }

  /**
   * Takes on a state. As in PyTorch the optimizer's learning rates stay as they are until the next
   * step: they come with the optimizer's own state.
   *
   * @throws StateMismatchException if an entry is missing or of another kind, or the number of
   *     learning rates is not that of the optimizer's groups; nothing was changed
   */
  @Override
  public void loadStateDict(StateDict state) {
    List<Double> base = rates(state, "base_lrs");
    List<Double> latest = rates(state, "_last_lr");
    List<Double> multiplied =
        state.contains(FACTORS) ? rates(state, FACTORS) : Collections.nCopies(base.size(), 1.0);
    if (!areFactors(multiplied)) {
      throw new StateMismatchException(
          "entry '%s' should be numbers from 0 up and is %s".formatted(FACTORS, multiplied));
    }
    long epoch = state.integer("last_epoch");
    long count = state.integer("_step_count");
    if (epoch < 0) {
      throw new StateMismatchException("entry 'last_epoch' should be 0 or more and is " + epoch);
    }
    initial = base;
    last = latest;
    factors = multiplied;
    step = epoch;
    stepCount = count;
  }

  private List<Double> apply() {
    double multiplier = schedule.multiplier(step);
    List<Double> rates = new ArrayList<>();
    List<ParameterGroup> groups = optimizer.groups();
    for (int i = 0; i < groups.size(); i++) {
      double rate = initial.get(i) * multiplier * factors.get(i);
      groups.get(i).learningRate(rate);
      rates.add(rate);
    }
    return List.copyOf(rates);
  }

  private List<Double> rates(StateDict state, String name) {
    if (!(state.get(name) instanceof Value.Items(List<Value> values))) {
      throw new StateMismatchException(
          "entry '"
              + name
              + "' should be a list of learning rates and is "
              + Kind.of(state.get(name)));
    }
    int groups = optimizer.groups().size();
    if (values.size() != groups) {
      throw new StateMismatchException(
          "entry '%s' has %d learning rates; the optimizer has %d groups"
              .formatted(name, values.size(), groups));
    }
    return values.stream().map(value -> OptionReader.real(name, value)).toList();
  }

  private static Value reals(List<Double> values) {
    return new Value.Items(values.stream().<Value>map(Value::of).toList());
  }
}
