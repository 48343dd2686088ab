package io.github.checkpoint4j.torch;

/** The order of the training examples within an epoch. */
public enum SamplingStrategy {
  /** A permutation made from the seed and the epoch. */
  RANDOM,
  /** As given. */
  SEQUENTIAL,
  /**
   * Examples of about the same {@linkplain Trainer.Builder#length length} side by side, the longest
   * first, in an order drawn from libtorch's default generator when the epoch begins. The
   * evaluation data is ordered so, too, the same way each time.
   */
  GROUP_BY_LENGTH
}
