package io.github.checkpoint4j.torch;

/**
 * What a training works on, for a {@link TrainerCallback} that reads or changes it.
 *
 * @param model the model that is trained
 * @param optimizer its optimizer, whose state is that of the steps done
 * @param scheduler what sets the optimizer's learning rates, after each step
 */
public record TrainingParts(
    TrainableModel model, Optimizer optimizer, LearningRateScheduler scheduler) {}
