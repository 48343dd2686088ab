package io.github.checkpoint4j.torch;

import org.bytedeco.pytorch.Module;

/** The optimizers the {@link Trainer} makes by name. */
public enum OptimizerType {
  /** {@link AdamW} with libtorch's fused kernel, as Hugging Face's {@code adamw_torch_fused}. */
  ADAMW_TORCH_FUSED,
  /** {@link AdamW} step by step, as Hugging Face's {@code adamw_torch}. */
  ADAMW_TORCH,
  /** {@link Sgd} without momentum, as Hugging Face's {@code sgd}. */
  SGD;

  /**
   * An optimizer of the module's parameters, in two groups for each learning rate: with weight
   * decay and without.
   */
  Optimizer over(Module module, TrainingArguments arguments, LearningRates rates) {
    return switch (this) {
      case ADAMW_TORCH_FUSED, ADAMW_TORCH ->
          AdamW.builder()
              .learningRate(arguments.learningRate())
              .betas(arguments.adamBeta1(), arguments.adamBeta2())
              .epsilon(arguments.adamEpsilon())
              .weightDecay(arguments.weightDecay())
              .fused(this == ADAMW_TORCH_FUSED)
              .over(module, rates);
      case SGD ->
          Sgd.builder()
              .learningRate(arguments.learningRate())
              .weightDecay(arguments.weightDecay())
              .over(module, rates);
    };
  }
}
