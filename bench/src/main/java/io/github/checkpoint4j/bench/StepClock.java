package io.github.checkpoint4j.bench;

import com.sun.management.OperatingSystemMXBean;
import io.github.checkpoint4j.torch.Batch;
import io.github.checkpoint4j.torch.Collator;
import io.github.checkpoint4j.torch.ModelOutput;
import io.github.checkpoint4j.torch.TrainableModel;
import io.github.checkpoint4j.torch.TrainerCallback;
import io.github.checkpoint4j.torch.TrainerControl;
import io.github.checkpoint4j.torch.TrainerState;
import io.github.checkpoint4j.torch.TrainingArguments;
import io.github.checkpoint4j.torch.WrappedModel;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Tells how long the steps of a training take, and the parts of a step. A step begins with {@code
 * onStepBegin} and ends where the next one does, so logs and saves are in it.
 */
final class StepClock implements TrainerCallback {
  /** A part of a step, in order. */
  enum Phase {
    /** The batch is made. */
    DATA,
    /** The model's loss. */
    FORWARD,
    /** The gradients, and what the forward pass kept is freed. */
    BACKWARD,
    /** The norm of the gradients, and its limit. */
    CLIP,
    /** The parameters are changed. */
    OPTIMIZER,
    /** The schedule, zeroed gradients, logs, saves. */
    OTHER
  }

  /** Is told when a step begins. */
  interface Begin {
    /**
     * The step before is done, if there is one.
     *
     * @return whether to reset the clock
     */
    boolean step(StepClock clock, TrainerControl control);
  }

  private final Begin begin;
  private final List<Double> steps = new ArrayList<>();
  private final Map<Phase, Double> phases = new EnumMap<>(Phase.class);
  private long stepBegun;
  private long phaseBegun;
  private long cpuBegun;
  private double loss;

  StepClock(Begin begin) {
    this.begin = begin;
  }

  /** The seconds of each step since the clock was reset. */
  List<Double> steps() {
    return List.copyOf(steps);
  }

  /** The seconds of each part since the clock was reset, all steps together. */
  Map<Phase, Double> phases() {
    return phases;
  }

  /** The seconds that processors worked for this process since then, all threads together. */
  double cpuSeconds() {
    return (cpuTime() - cpuBegun) / 1e9;
  }

  /** The sum of the losses since the clock was reset. */
  double loss() {
    return loss;
  }

  /** {@code collator}, timed. */
  <T> Collator<T> timed(Collator<T> collator) {
    return examples -> timed(Phase.DATA, () -> collator.collate(examples));
  }

  /** {@code model}, timed. */
  TrainableModel timed(TrainableModel model) {
    return new WrappedModel() {
      @Override
      public TrainableModel model() {
        return model;
      }

      @Override
      public ModelOutput forward(Batch batch) {
        return timed(Phase.FORWARD, () -> model.forward(batch));
      }
    };
  }

  private static long cpuTime() {
    return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getProcessCpuTime();
  }

  private <T> T timed(Phase phase, Supplier<T> part) {
    endPhase(Phase.OTHER);
    T made = part.get();
    endPhase(phase);
    return made;
  }

  private void endPhase(Phase phase) {
    long now = System.nanoTime();
    phases.merge(phase, (now - phaseBegun) / 1e9, Double::sum);
    phaseBegun = now;
  }

  @Override
  public void onStepBegin(TrainingArguments arguments, TrainerState state, TrainerControl control) {
    endPhase(Phase.OTHER);
    if (stepBegun != 0) {
      steps.add((phaseBegun - stepBegun) / 1e9);
    }
    stepBegun = phaseBegun;
    if (begin.step(this, control)) {
      steps.clear();
      phases.clear();
      loss = 0;
      cpuBegun = cpuTime();
      stepBegun = System.nanoTime();
      phaseBegun = stepBegun;
    }
  }

  @Override
  public void onBatchLoss(
      TrainingArguments arguments,
      TrainerState state,
      TrainerControl control,
      double batchLoss,
      long examples) {
    endPhase(Phase.BACKWARD);
    loss += batchLoss;
  }

  @Override
  public void onPreOptimizerStep(
      TrainingArguments arguments, TrainerState state, TrainerControl control) {
    endPhase(Phase.CLIP);
  }

  @Override
  public void onOptimizerStep(
      TrainingArguments arguments, TrainerState state, TrainerControl control) {
    endPhase(Phase.OPTIMIZER);
  }
}
