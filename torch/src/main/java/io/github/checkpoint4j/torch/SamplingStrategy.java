package io.github.checkpoint4j.torch;

/** The order of the training examples within an epoch. */
public enum SamplingStrategy {
  /** A permutation made from the seed and the epoch. */
  RANDOM,
  /** As given. */
  SEQUENTIAL
}
