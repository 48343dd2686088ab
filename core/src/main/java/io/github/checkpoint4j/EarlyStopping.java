package io.github.checkpoint4j;

import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.StateMismatchException;
import io.github.checkpoint4j.state.Stateful;
import io.github.checkpoint4j.state.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * Ends a training whose metric gets no better: Keras' {@code EarlyStopping}, for a loop of one's
 * own. Track it as a component, so that a run that goes on stops where it would have:
 *
 * <pre>{@code
 * var stopping = EarlyStopping.on("eval_loss", Direction.MINIMIZE).patience(3);
 * try (var checkpointer = Checkpointer.in(run)
 *     .track("model", model)
 *     .track("early_stopping", stopping)
 *     .best("eval_loss", Direction.MINIMIZE)
 *     .save(SaveStrategy.everySteps(100))
 *     .open()) {
 *   long step = checkpointer.resume().map(CheckpointInfo::step).orElse(0L);
 *   while (step < total && !stopping.shouldStop()) {
 *     Map<String, Double> metrics = trainOneStep();
 *     stopping.measured(++step, metrics);
 *     checkpointer.step(step, metrics);
 *   }
 *   try (Checkpoint best = checkpointer.open(checkpointer.best().orElseThrow())) {
 *     model.loadStateDict(best.state("model"));
 *   }
 * }
 * }</pre>
 *
 * <p>A value improves if it is finite and better than the best before it, or than the baseline, by
 * more than {@code minDelta}. NaN and infinities are no improvement; nor, unlike in Keras, is a
 * value that is better than those before it and not than the baseline. The state is the values that
 * were measured, and nothing else; the decision is computed from them. So another patience counts
 * for the values of the past, too.
 *
 * <p>For one thread.
 */
public final class EarlyStopping implements Stateful {
  private final String metric;
  private final Direction direction;
  private final int patience;
  private final double minDelta;
  private final OptionalDouble baseline;
  private final long startFromStep;

  private final List<Long> steps = new ArrayList<>();
  private final List<Double> values = new ArrayList<>();
  private Progress progress;

  private EarlyStopping(
      String metric,
      Direction direction,
      int patience,
      double minDelta,
      OptionalDouble baseline,
      long startFromStep) {
    this.metric = metric;
    this.direction = direction;
    this.patience = patience;
    this.minDelta = minDelta;
    this.baseline = baseline;
    this.startFromStep = startFromStep;
    this.progress = new Progress(baseline, OptionalLong.empty(), 0);
  }

  /** One that stops at the first measurement of the metric that is no improvement. */
  public static EarlyStopping on(String metric, Direction direction) {
    return new EarlyStopping(metric, direction, 1, 0, OptionalDouble.empty(), 0);
  }

  /**
   * One that stops after so many measurements in a row without an improvement. It knows of none
   * yet, as all that these methods return.
   *
   * @throws IllegalArgumentException if that is not positive
   */
  public EarlyStopping patience(int measurements) {
    Positive.require("the measurements to wait for an improvement", measurements);
    return new EarlyStopping(metric, direction, measurements, minDelta, baseline, startFromStep);
  }

  /**
   * One for which a value has to be better by more than this.
   *
   * @throws IllegalArgumentException if it is negative or not finite
   */
  public EarlyStopping minDelta(double difference) {
    if (!(difference >= 0 && Double.isFinite(difference))) {
      throw new IllegalArgumentException(
          "the least improvement must be a number from 0 up, and is " + difference);
    }
    return new EarlyStopping(metric, direction, patience, difference, baseline, startFromStep);
  }

  /**
   * One for which the first improvement has to be on this value.
   *
   * @throws IllegalArgumentException if it is not finite
   */
  public EarlyStopping baseline(double value) {
    if (!Double.isFinite(value)) {
      throw new IllegalArgumentException("the baseline must be a number, and is " + value);
    }
    return new EarlyStopping(
        metric, direction, patience, minDelta, OptionalDouble.of(value), startFromStep);
  }

  /** One that leaves out what is measured before this step, as a warm-up. */
  public EarlyStopping startFrom(long step) {
    return new EarlyStopping(metric, direction, patience, minDelta, baseline, step);
  }

  /**
   * Notes what was measured at a step; does nothing if the metric is not among it.
   *
   * @throws IllegalArgumentException if the step is not after the last one that was noted, or if
   *     {@code metrics} are those of an evaluation (there is a name with {@code eval_} or {@code
   *     val_}) and the metric is not among them; the message names those there are
   */
  public void measured(long step, Map<String, Double> metrics) {
    Double value = metrics.get(metric);
    if (value == null) {
      BestPolicy.requireMeasured("training stops early by", metric, metrics.keySet());
      return;
    }
    if (!steps.isEmpty() && step <= steps.getLast()) {
      throw new IllegalArgumentException(
          "step %d is not after step %d, the last at which '%s' was measured; steps go up"
              .formatted(step, steps.getLast(), metric));
    }
    add(step, value);
  }

  /** Where the measurements lead to. */
  private record Progress(OptionalDouble best, OptionalLong step, int waited) {}

  private void add(long step, double value) {
    steps.add(step);
    values.add(value);
    if (step < startFromStep) {
      return;
    }
    boolean improved =
        Double.isFinite(value)
            && (progress.best().isEmpty()
                || direction.isBetter(value, shifted(progress.best().getAsDouble())));
    progress =
        improved
            ? new Progress(OptionalDouble.of(value), OptionalLong.of(step), 0)
            : new Progress(progress.best(), progress.step(), progress.waited() + 1);
  }

  private double shifted(double best) {
    return direction == Direction.MINIMIZE ? best - minDelta : best + minDelta;
  }

  /** Whether the patience is at its end. */
  public boolean shouldStop() {
    return waited() >= patience;
  }

  /** The measurements since the last improvement. */
  public int waited() {
    return progress.waited();
  }

  /** The step of the last improvement; empty if there was none. */
  public OptionalLong bestStep() {
    return progress.step();
  }

  /** The values measured, and their steps. */
  @Override
  public StateDict stateDict() {
    return StateDict.builder()
        .put("metric", metric)
        .put("steps", new Value.Items(steps.stream().map(Value::of).toList()))
        .put("values", new Value.Items(values.stream().map(Value::of).toList()))
        .build();
  }

  /**
   * @throws StateMismatchException if it is not such a state, or one of another metric
   */
  @Override
  public void loadStateDict(StateDict state) {
    if (!state.text("metric").equals(metric)) {
      throw new StateMismatchException(
          "training stopped early by '%s' and should now by '%s': the values saved are not those of it; give the metric it had, or begin anew"
              .formatted(state.text("metric"), metric));
    }
    List<Long> savedSteps = new ArrayList<>();
    List<Double> savedValues = new ArrayList<>();
    for (Value step : items(state, "steps")) {
      if (!(step instanceof Value.Int whole)
          || whole.value().bitLength() > 63
          || (!savedSteps.isEmpty() && whole.exactLong() <= savedSteps.getLast())) {
        throw new StateMismatchException("entry 'steps' should be whole numbers that go up");
      }
      savedSteps.add(whole.exactLong());
    }
    for (Value value : items(state, "values")) {
      if (!(value instanceof Value.Real real)) {
        throw new StateMismatchException("entry 'values' should be numbers");
      }
      savedValues.add(real.value());
    }
    if (savedSteps.size() != savedValues.size()) {
      throw new StateMismatchException(
          "there are %d steps and %d values".formatted(savedSteps.size(), savedValues.size()));
    }
    steps.clear();
    values.clear();
    progress = new Progress(baseline, OptionalLong.empty(), 0);
    for (int i = 0; i < savedSteps.size(); i++) {
      add(savedSteps.get(i), savedValues.get(i));
    }
  }

  private static List<Value> items(StateDict state, String name) {
    if (state.get(name) instanceof Value.Items items) {
      return items.values();
    }
    throw new StateMismatchException("entry '" + name + "' should be a list");
  }
}
