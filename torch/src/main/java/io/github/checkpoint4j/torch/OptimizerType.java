package io.github.checkpoint4j.torch;

/** The optimizers the {@link Trainer} makes by name. */
public enum OptimizerType {
  /** {@link AdamW} with libtorch's fused kernel, as Hugging Face's {@code adamw_torch_fused}. */
  ADAMW_TORCH_FUSED,
  /** {@link AdamW} step by step, as Hugging Face's {@code adamw_torch}. */
  ADAMW_TORCH,
  /** {@link Sgd} without momentum, as Hugging Face's {@code sgd}. */
  SGD
}
