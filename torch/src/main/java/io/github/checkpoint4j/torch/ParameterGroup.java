package io.github.checkpoint4j.torch;

import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Value;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.bytedeco.pytorch.Tensor;

/**
 * Parameters that an optimizer treats alike, and the options it treats them with: an entry of
 * PyTorch's {@code param_groups}.
 */
public final class ParameterGroup {
  private static final String LEARNING_RATE = "lr";
  private static final String INITIAL_LEARNING_RATE = "initial_lr";
  private static final String WEIGHT_DECAY = "weight_decay";

  private final Map<String, Tensor> parameters;
  private StateDict options;

  /**
   * @param parameters by name; references of its own are kept
   * @param options under PyTorch's names, with {@code lr} and {@code weight_decay} among them
   */
  public ParameterGroup(Map<String, Tensor> parameters, StateDict options) {
    Map<String, Tensor> kept = new LinkedHashMap<>();
    parameters.forEach((name, tensor) -> kept.put(name, NativeTensors.kept(tensor)));
    this.parameters = Collections.unmodifiableMap(kept);
    this.options = options;
  }

  /** The options of a group under PyTorch's names. */
  interface Options {
    StateDict of(double weightDecay, double learningRate);
  }

  /** The groups of some tiers: of each, those weight decay is for, and those it is not for. */
  static List<ParameterGroup> of(
      List<LearningRates.Tier> tiers, double weightDecay, Options options) {
    List<ParameterGroup> groups = new ArrayList<>();
    for (LearningRates.Tier tier : tiers) {
      double rate = tier.learningRate();
      groups.add(new ParameterGroup(tier.decayed(), options.of(weightDecay, rate)));
      groups.add(new ParameterGroup(tier.exempt(), options.of(0.0, rate)));
    }
    return groups;
  }

  /** The parameters by name, in PyTorch's order; not to be closed. */
  public Map<String, Tensor> parameters() {
    return parameters;
  }

  /** The options under PyTorch's names, for instance {@code lr} and {@code betas}. */
  public StateDict options() {
    return options;
  }

  /** The factor of the next step. */
  public double learningRate() {
    return options.real(LEARNING_RATE);
  }

  /** Sets the factor of the next step. */
  public void learningRate(double learningRate) {
    put(LEARNING_RATE, Value.of(learningRate));
  }

  public double weightDecay() {
    return options.real(WEIGHT_DECAY);
  }

  /**
   * The learning rate that a {@link LearningRateScheduler} multiplies; empty if none is at work.
   */
  public OptionalDouble initialLearningRate() {
    return options.contains(INITIAL_LEARNING_RATE)
        ? OptionalDouble.of(options.real(INITIAL_LEARNING_RATE))
        : OptionalDouble.empty();
  }

  void initialLearningRate(double learningRate) {
    put(INITIAL_LEARNING_RATE, Value.of(learningRate));
  }

  /** Sets an option that an optimizer changes as it goes. */
  public void option(String name, Value value) {
    put(name, value);
  }

  void options(StateDict replacement) {
    options = replacement;
  }

  private void put(String name, Value value) {
    Map<String, Value> changed = new LinkedHashMap<>(options.entries());
    changed.put(name, value);
    options = StateDict.of(changed);
  }
}
