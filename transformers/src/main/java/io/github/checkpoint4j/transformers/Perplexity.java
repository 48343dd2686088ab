package io.github.checkpoint4j.transformers;

/** How many tokens a language model is in doubt between, on average. */
public final class Perplexity {
  private Perplexity() {}

  /**
   * The perplexity of an average loss a token, {@code eval_loss}: e to the power of it, as
   * transformers' {@code run_clm.py} computes it, infinite where that is too great for a double.
   */
  public static double of(double loss) {
    return Math.exp(loss);
  }
}
