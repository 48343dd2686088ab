package io.github.checkpoint4j.torch;

import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.StateMismatchException;
import io.github.checkpoint4j.state.Stateful;
import io.github.checkpoint4j.state.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;

/**
 * Running averages of a module's parameters while it is trained, which often are better weights
 * than the last ones: the arithmetic and the state of PyTorch's {@code
 * torch.optim.swa_utils.AveragedModel}. Buffers, the statistics of batch normalisation for
 * instance, are not averaged but those of the last update.
 *
 * <p>Given to {@link Trainer.Builder#averagedWeights}, they are updated after each step, are in
 * every checkpoint as {@code averaged_weights.pt}, and go on exactly at a resume. In Python {@code
 * AveragedModel(model).load_state_dict(torch.load("averaged_weights.pt"))} takes them.
 *
 * <pre>{@code
 * var averages = AveragedWeights.exponential(model.module(), 0.999);
 * Trainer<LabeledText> trainer = builder.averagedWeights(averages).build();
 * trainer.train();
 * averages.swap();    // the module has the averages now
 * trainer.evaluate();
 * }</pre>
 *
 * @see <a
 *     href="https://github.com/pytorch/pytorch/blob/v2.10.0/torch/optim/swa_utils.py">swa_utils.py</a>
 */
public final class AveragedWeights implements Stateful {
  /** The component of a checkpoint. */
  static final String COMPONENT = "averaged_weights";

  private static final String COUNT = "n_averaged";
  private static final String PREFIX = "module.";

  /** How a new value gets into the average of so many before. */
  private interface Rule {
    void takeIn(
        org.bytedeco.pytorch.Tensor average, org.bytedeco.pytorch.Tensor value, long averaged);
  }

  private final ModuleState module;
  private final Map<String, org.bytedeco.pytorch.Tensor> averages = new LinkedHashMap<>();
  private final HostTensors host = new HostTensors();
  private final Rule rule;
  private final long first;
  private final long every;
  private long averaged;

  private AveragedWeights(ModuleState module, Rule rule, long first, long every) {
    this.module = module;
    this.rule = rule;
    this.first = first;
    this.every = every;
    // A tied weight has one average.
    Map<Long, org.bytedeco.pytorch.Tensor> copies = new HashMap<>();
    module
        .entries()
        .forEach(
            (name, tensor) ->
                averages.put(
                    name,
                    copies.computeIfAbsent(NativeTensors.identity(tensor), _ -> copyOf(tensor))));
  }

  private static org.bytedeco.pytorch.Tensor copyOf(org.bytedeco.pytorch.Tensor tensor) {
    try (var detached = tensor.detach();
        var copy = detached.clone()) {
      return NativeTensors.kept(copy);
    }
  }

  /**
   * Averages in which older weights count ever less: an update makes them {@code decay} times the
   * average and {@code 1 - decay} times the weights. The first takes the weights as they are.
   *
   * @throws IllegalArgumentException if the decay is not between 0 and 1
   */
  public static AveragedWeights exponential(org.bytedeco.pytorch.Module module, double decay) {
    if (!(decay >= 0 && decay <= 1)) {
      throw new IllegalArgumentException("a decay of %s; give one from 0 to 1".formatted(decay));
    }
    return new AveragedWeights(
        ModuleState.of(module),
        (average, value, _) -> {
          try (var share = new Scalar(1 - decay)) {
            average.lerp_(value, share);
          }
        },
        1,
        1);
  }

  /**
   * Averages in which all weights that were taken in count alike: stochastic weight averaging
   * (Izmailov and others, UAI 2018).
   *
   * @param first the step of the trainer after which weights are taken in first; at least 1
   * @param every the steps from one to the next; at least 1
   * @throws IllegalArgumentException if one is below 1
   */
  public static AveragedWeights stochastic(
      org.bytedeco.pytorch.Module module, int first, int every) {
    ArgumentRules.atLeast("first", first, 1);
    ArgumentRules.atLeast("every", every, 1);
    return new AveragedWeights(ModuleState.of(module), AveragedWeights::takeInAlike, first, every);
  }

  private static void takeInAlike(
      org.bytedeco.pytorch.Tensor average, org.bytedeco.pytorch.Tensor value, long averaged) {
    try (var count = new Scalar(averaged + 1);
        var difference = value.sub(average)) {
      average.add_(difference.div_(count));
    }
  }

  /** Moves the averages to where the module is now. */
  void follow() {
    try (var _ = new NoGradGuard()) {
      module
          .entries()
          .forEach(
              (name, tensor) -> {
                org.bytedeco.pytorch.Tensor average = average(name);
                if (!TorchDevice.of(average).equals(TorchDevice.of(tensor))) {
                  average.set_data(average.to(tensor.device(), average.scalar_type()));
                }
              });
    }
  }

  /** How often the weights were taken in. */
  public long averaged() {
    return averaged;
  }

  /** Takes the weights in, as they are now. */
  public void update() {
    try (var _ = new NoGradGuard()) {
      module
          .parameters()
          .forEach(
              (name, parameter) -> {
                org.bytedeco.pytorch.Tensor average = average(name);
                if (averaged == 0 || !average.is_floating_point()) {
                  average.copy_(parameter);
                } else {
                  rule.takeIn(average, parameter, averaged);
                }
              });
      module.buffers().forEach((name, buffer) -> average(name).copy_(buffer));
    }
    averaged = Math.addExact(averaged, 1);
  }

  /** Takes the weights in after the steps of a trainer that they are due at. */
  TrainerCallback afterSteps() {
    return new TrainerCallback() {
      @Override
      public void onStepEnd(
          TrainingArguments arguments, TrainerState state, TrainerControl control) {
        long step = state.globalStep();
        if (step >= first && (step - first) % every == 0) {
          update();
        }
      }
    };
  }

  private org.bytedeco.pytorch.Tensor average(String name) {
    org.bytedeco.pytorch.Tensor average = averages.get(name);
    if (average == null) {
      throw new IllegalStateException("the module has a new tensor '" + name + "'");
    }
    return average;
  }

  /**
   * Exchanges the averages and the module's weights: the module has the averages now, and has its
   * own weights again after another call. Training on, and saving, belong between two such calls
   * only if the averages are to be trained.
   *
   * @throws IllegalStateException if no weights were taken in yet
   */
  public void swap() {
    if (averaged == 0) {
      throw new IllegalStateException(
          "no weights were averaged yet; train, or call update, before the averages are used");
    }
    try (var _ = new NoGradGuard()) {
      for (var tensors : List.of(module.parameters(), module.buffers())) {
        tensors.forEach(
            (name, tensor) -> {
              org.bytedeco.pytorch.Tensor average = average(name);
              try (var kept = average.clone()) {
                average.copy_(tensor);
                tensor.copy_(kept);
              }
            });
      }
    }
  }

  /** {@code n_averaged}, and each tensor of the module under its name after {@code module.}. */
  @Override
  public StateDict stateDict() {
    StateDict.Builder state = StateDict.builder();
    state.put(COUNT, Tensor.ofLongs(new long[] {averaged}));
    Map<Long, Tensor> views = new HashMap<>();
    averages.forEach(
        (name, tensor) ->
            state.put(
                PREFIX + name,
                views.computeIfAbsent(NativeTensors.identity(tensor), _ -> host.view(tensor))));
    return state.build();
  }

  /**
   * Takes a state of {@link #stateDict} or of PyTorch's {@code AveragedModel}.
   *
   * @throws StateMismatchException if it is not of this module; then nothing was changed
   */
  @Override
  public void loadStateDict(StateDict state) {
    StateFit fit = new StateFit("the averaged weights", "the module");
    List<Runnable> copies = new ArrayList<>();
    averages.forEach(
        (name, average) -> {
          String key = PREFIX + name;
          if (!state.contains(key)) {
            fit.missing(key);
            return;
          }
          fit.compare(key, average, state.get(key));
          copies.add(() -> NativeTensors.copyInto(state.tensor(key), average));
        });
    for (String name : state.names()) {
      if (!name.equals(COUNT) && !averages.containsKey(name.replaceFirst("^module\\.", ""))) {
        fit.unexpected(name);
      }
    }
    if (!state.contains(COUNT)) {
      fit.missing(COUNT);
    }
    fit.require();
    long count = state.tensor(COUNT).toLongs()[0];
    copies.forEach(Runnable::run);
    averaged = count;
  }
}
