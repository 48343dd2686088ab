package io.github.checkpoint4j.torch;

import java.util.Collection;
import java.util.OptionalLong;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/** A step of the optimizer: losses and gradients of its batches, then the update. */
final class TrainingStep {
  private final TrainableModel model;
  private final ModuleState weights;
  private final Optimizer optimizer;
  private final LearningRateScheduler scheduler;
  private final double maxGradNorm;
  private final TrainerLoss trainerLoss;
  private final boolean gradientCheckpointing;

  TrainingStep(
      TrainableModel model,
      TrainerLoss trainerLoss,
      Optimizer optimizer,
      LearningRateScheduler scheduler,
      double maxGradNorm,
      boolean gradientCheckpointing) {
    this.model = model;
    this.trainerLoss = trainerLoss;
    this.weights = ModuleState.of(model.module());
    this.optimizer = optimizer;
    this.scheduler = scheduler;
    this.maxGradNorm = maxGradNorm;
    this.gradientCheckpointing = gradientCheckpointing;
  }

  /** As {@link TrainerLoss#items}, of the batches of a step. */
  OptionalLong items(Collection<Batch> batches) {
    try (var _ = new PointerScope()) {
      return trainerLoss.items(batches);
    }
  }

  /**
   * Adds the gradients of a batch.
   *
   * @param batches the batches of the step, whose losses are averaged
   * @param items as {@link TrainerLoss#items}; if there are any the losses are added up
   * @return the batch's share of the loss
   */
  float accumulate(Batch batch, long batches, OptionalLong items) {
    try (var _ = new PointerScope();
        var recomputation =
            gradientCheckpointing ? Recomputation.of(weights) : Recomputation.none()) {
      model.module().train(true);
      Tensor loss = trainerLoss.of(batch, items, () -> forward(batch, recomputation)).requireLoss();
      boolean whole = batches == 1 || items.isPresent();
      Tensor share = whole ? loss : loss.div(new Scalar((double) batches));
      recomputation.backward(share);
      return share.item_float();
    }
  }

  private ModelOutput forward(Batch batch, Recomputation recomputation) {
    return gradientCheckpointing ? model.forward(batch, recomputation) : model.forward(batch);
  }

  /** Clips the gradients; returns their norm before that. */
  double clip() {
    // No norm is above infinity: the gradients are measured and left as they are.
    double most = maxGradNorm > 0 ? maxGradNorm : Double.POSITIVE_INFINITY;
    return GradientClipping.clipNorm(weights.parameters().values(), most);
  }

  /** Changes the parameters. */
  void update() {
    optimizer.step();
  }

  /** Moves the schedule on and clears the gradients; returns the learning rate that was used. */
  double finish() {
    double learningRate = scheduler.lastLearningRate();
    scheduler.step();
    optimizer.zeroGrad();
    return learningRate;
  }

  void begin() {
    optimizer.zeroGrad();
  }

  double learningRate() {
    return scheduler.lastLearningRate();
  }
}
