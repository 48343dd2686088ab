package io.github.checkpoint4j.transformers;

/** A text as a model reads it: token ids, and to which of two texts each token belongs. */
public final class Encoding {
  private final long[] ids;
  private final long[] typeIds;

  Encoding(long[] ids, long[] typeIds) {
    this.ids = ids;
    this.typeIds = typeIds;
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

  void copyTo(long[] idsTarget, long[] typeIdsTarget, int offset) {
    System.arraycopy(ids, 0, idsTarget, offset, ids.length);
    System.arraycopy(typeIds, 0, typeIdsTarget, offset, ids.length);
  }
}
