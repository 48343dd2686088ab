package io.github.checkpoint4j.transformers;

/** Tells when a text is complete, besides the token that ends one and the greatest length. */
@FunctionalInterface
public interface StopCondition {
  /**
   * Whether it is complete.
   *
   * @param prompt the number of tokens that were given
   * @param tokens the tokens given and written, of which there are {@code length}; not to be
   *     changed or kept
   */
  boolean isComplete(int prompt, long[] tokens, int length);

  /** Never. */
  static StopCondition never() {
    return (_, _, _) -> false;
  }
}
