package io.github.checkpoint4j.keras.layers;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import io.github.checkpoint4j.state.Dtype;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.StateMismatchException;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.state.Value;
import java.lang.foreign.Arena;
import java.lang.foreign.SegmentAllocator;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;

/**
 * The state of {@code Adam}, {@code AdamW} and {@code SGD} in Keras and in PyTorch. Moments lie as
 * their weights do.
 *
 * <p>Keras's variables are the count of steps, the learning rate if it is no schedule, then for
 * each trained variable, in the model's order, its moments; Adam's {@code velocity_hat}s, if there
 * are, come after all others.
 *
 * <p>SGD's momentum has in Keras the learning rate and the sign of the step in it, in PyTorch not:
 * it is divided by the learning rate and negated, so that the next step is the same. There the
 * rounding may change the last two bits on the way to and fro; all else comes back bit for bit.
 *
 * @see <a href="https://github.com/keras-team/keras/tree/v3.15.1/keras/src/optimizers">
 *     keras/src/optimizers: base_optimizer.py, adam.py, sgd.py</a>
 */
public final class OptimizerMapping {
  private static final String STEP = "step";

  private final OptimizerConfig optimizer;
  private final List<LayerVariable> trained;
  private final boolean amsgrad;
  private final boolean momentum;

  private OptimizerMapping(
      OptimizerConfig optimizer, List<LayerVariable> trained, boolean amsgrad, boolean momentum) {
    this.optimizer = optimizer;
    this.trained = trained;
    this.amsgrad = amsgrad;
    this.momentum = momentum;
  }

  /**
   * The mapping for a model's optimizer.
   *
   * @throws CorruptFileException if the optimizer's configuration is not one
   * @throws UnsupportedFeatureException if it is SGD with momentum and a schedule: the rate that is
   *     in its momentum is not in the file
   */
  public static OptimizerMapping of(WeightMapping weights, OptimizerConfig optimizer)
      throws CorruptFileException, UnsupportedFeatureException {
    boolean momentum = optimizer.momentum() != 0;
    if (momentum && optimizer.isScheduled()) {
      throw new UnsupportedFeatureException(
          optimizer.options().where()
              + "its momentum has the schedule's learning rate in it, which the file does not hold;"
              + " the weights can be had without the optimizer");
    }
    return new OptimizerMapping(optimizer, weights.trainable(), optimizer.amsgrad(), momentum);
  }

  /** As {@link #toPyTorch(List, SegmentAllocator)}, with new memory off the heap. */
  public OptimizerState toPyTorch(List<Tensor> variables) {
    return toPyTorch(variables, Arena.ofAuto());
  }

  /**
   * PyTorch's state of Keras's variables. An optimizer that has not made a step may have no moments
   * yet; then no parameter has state.
   *
   * @param variables in the order of {@code optimizer.variables}
   * @param memory where tensors are put whose bytes change
   * @throws StateMismatchException if there are not as many variables, or one is of another shape
   *     or of a dtype that it cannot have
   */
  public OptimizerState toPyTorch(List<Tensor> variables, SegmentAllocator memory) {
    List<String> names = names();
    int scalars = scalars();
    if (variables.size() != names.size() && variables.size() != scalars) {
      throw new StateMismatchException(
          "optimizer '%s' has %d variables in the file; with %d trained variables in the model it has %d, or %d before its first step. Was a layer frozen or thawed after training?"
              .formatted(
                  optimizer.name(), variables.size(), trained.size(), names.size(), scalars));
    }
    long step = step(variables.getFirst());
    OptionalDouble rate =
        optimizer.isScheduled()
            ? OptionalDouble.empty()
            : OptionalDouble.of(learningRate(variables.get(1)));
    Map<String, Map<String, Value>> state = new LinkedHashMap<>();
    if (variables.size() > scalars) {
      Mismatches mismatches = new Mismatches(title());
      List<Slot> slots = slots(rate);
      for (int i = 0; i < slots.size(); i++) {
        Slot slot = slots.get(i);
        mismatches
            .fitting(names.get(scalars + i), slot.variable().shape(), variables.get(scalars + i))
            .ifPresent(moment -> slot.toTorch(moment, memory, step, state));
      }
      mismatches.requireNone();
    }
    Map<String, StateDict> parameters = new LinkedHashMap<>();
    state.forEach((name, entries) -> parameters.put(name, StateDict.of(entries)));
    return new OptimizerState(step, rate, StateDict.of(parameters));
  }

  /** As {@link #toKeras(OptimizerState, SegmentAllocator)}, with new memory off the heap. */
  public Map<String, Tensor> toKeras(OptimizerState state) {
    return toKeras(state, Arena.ofAuto());
  }

  /**
   * Keras's variables of PyTorch's state, in the order of {@code optimizer.variables}, by the names
   * they have in a legacy file: {@code adam/iteration}, {@code adam/dense_kernel_momentum}.
   *
   * @param memory where variables are put whose bytes change
   * @throws StateMismatchException if a parameter's state is missing, of another shape, or of a
   *     parameter that is not trained; or the learning rate is missing, or is zero in SGD with
   *     momentum
   */
  public Map<String, Tensor> toKeras(OptimizerState state, SegmentAllocator memory) {
    List<String> names = names();
    Map<String, Tensor> variables = new LinkedHashMap<>();
    variables.put(names.getFirst(), Tensor.ofLongs(new long[] {state.step()}));
    if (!optimizer.isScheduled()) {
      double rate =
          state
              .learningRate()
              .orElseThrow(
                  () -> new StateMismatchException(title() + ": missing the learning rate"));
      variables.put(names.get(1), Tensor.scalar((float) rate));
    }
    if (state.parameters().size() == 0 && state.step() == 0) {
      return variables;
    }
    Mismatches mismatches = new Mismatches(title());
    Set<String> known = new HashSet<>();
    List<Slot> slots = slots(state.learningRate());
    for (int i = 0; i < slots.size(); i++) {
      String name = names.get(scalars() + i);
      Slot slot = slots.get(i);
      known.addAll(slot.variable().counterpart().shapes(slot.variable().shape()).keySet());
      slot.toKeras(state.parameters(), mismatches, memory)
          .ifPresent(moment -> variables.put(name, moment));
    }
    state.parameters().names().stream()
        .filter(name -> !known.contains(name))
        .forEach(mismatches::unexpected);
    mismatches.requireNone();
    return variables;
  }

  /** A moment of a trained variable. */
  private record Slot(LayerVariable variable, Moment moment) {
    void toTorch(
        Tensor keras, SegmentAllocator memory, long step, Map<String, Map<String, Value>> state) {
      variable
          .counterpart()
          .ofGradient()
          .toTorch(moment.divided(keras, memory), memory)
          .forEach(
              (parameter, tensor) -> {
                Map<String, Value> entries =
                    state.computeIfAbsent(parameter, name -> new LinkedHashMap<>());
                if (moment.isCounted()) {
                  entries.putIfAbsent(STEP, Tensor.scalar((float) step));
                }
                entries.put(moment.torchName(), tensor);
              });
    }

    Optional<Tensor> toKeras(StateDict parameters, Mismatches mismatches, SegmentAllocator memory) {
      Counterpart counterpart = variable.counterpart().ofGradient();
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      Map<String, Shape> expected = counterpart.shapes(variable.shape());
      expected.forEach(
          (name, shape) -> {
            Value entry =
                parameters.contains(name)
                    ? parameters.dict(name).find(moment.torchName()).orElse(Value.none())
                    : Value.none();
            mismatches
                .fitting(
                    name + "." + moment.torchName(),
                    shape,
                    entry instanceof Tensor tensor ? tensor : null)
                .ifPresent(tensor -> tensors.put(name, tensor));
          });
      return tensors.size() < expected.size()
          ? Optional.empty()
          : Optional.of(moment.multiplied(counterpart.toKeras(tensors, memory), memory));
    }
  }

  private List<Slot> slots(OptionalDouble rate) {
    List<Slot> slots = new ArrayList<>();
    for (LayerVariable variable : trained) {
      for (Moment moment : moments(rate)) {
        slots.add(new Slot(variable, moment));
      }
    }
    if (amsgrad) {
      for (LayerVariable variable : trained) {
        slots.add(new Slot(variable, Moment.counted("velocity_hat", "max_exp_avg_sq")));
      }
    }
    return slots;
  }

  private List<Moment> moments(OptionalDouble rate) {
    if (optimizer.kind() != OptimizerConfig.Kind.SGD) {
      return List.of(
          Moment.counted("momentum", "exp_avg"), Moment.counted("velocity", "exp_avg_sq"));
    }
    if (!momentum) {
      return List.of();
    }
    if (rate.orElse(1) == 0) {
      throw new StateMismatchException(
          title() + ": at learning rate 0 SGD's momentum cannot be told in PyTorch's terms");
    }
    return List.of(Moment.scaled("momentum", "momentum_buffer", -rate.orElse(1)));
  }

  /**
   * The names of all variables in a legacy file, in order. Keras reads them by their order, so that
   * two that would be equal may differ in a number.
   */
  private List<String> names() {
    List<String> names = new ArrayList<>(List.of(optimizer.name() + "/iteration"));
    if (!optimizer.isScheduled()) {
      names.add(optimizer.name() + "/learning_rate");
    }
    Set<String> used = new HashSet<>();
    for (Slot slot : slots(OptionalDouble.empty())) {
      String name =
          optimizer.name()
              + "/"
              + slot.variable().legacyName().replace('/', '_')
              + "_"
              + slot.moment().kerasName();
      names.add(used.add(name) ? name : name + "_" + names.size());
    }
    return names;
  }

  /** How many variables come before the moments. */
  private int scalars() {
    return optimizer.isScheduled() ? 1 : 2;
  }

  private String title() {
    return "the state is not that of optimizer '" + optimizer.name() + "'";
  }

  private long step(Tensor iteration) {
    boolean whole = iteration.dtype() == Dtype.I64 || iteration.dtype() == Dtype.I32;
    if (!whole || iteration.shape().length != 0) {
      throw new StateMismatchException(
          title() + ": 'iteration' should be I64[] or I32[] and is " + iteration);
    }
    return iteration.toLongs()[0];
  }

  private double learningRate(Tensor rate) {
    if (rate.dtype() != Dtype.F32 || rate.shape().length != 0) {
      throw new StateMismatchException(
          title() + ": 'learning_rate' should be F32[] and is " + rate);
    }
    return rate.toFloats()[0];
  }
}
