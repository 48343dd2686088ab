package io.github.checkpoint4j.transformers;

/**
 * A text as a model reads it: token ids, to which of two texts each token belongs, and which tokens
 * the tokenizer put there by itself.
 */
public final class Encoding {
  private final long[] ids;
  private final long[] typeIds;
  private final long[] specialTokensMask;

  Encoding(long[] ids, long[] typeIds, long[] specialTokensMask) {
    this.ids = ids;
    this.typeIds = typeIds;
    this.specialTokensMask = specialTokensMask;
  }

  /** The number of tokens. */
  public int length() {
    return ids.length;
  }

  /** The token ids, {@code input_ids}; a copy. */
  public long[] ids() {
    return ids.clone();
  }

  /** For each token 0, or 1 in the second text of a pair, {@code token_type_ids}; a copy. */
  public long[] typeIds() {
    return typeIds.clone();
  }

  /**
   * For each token 1 if it was put around the text, 0 if it is of the text, {@code
   * special_tokens_mask}; a copy.
   */
  public long[] specialTokensMask() {
    return specialTokensMask.clone();
  }
}
