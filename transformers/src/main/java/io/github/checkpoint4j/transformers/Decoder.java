package io.github.checkpoint4j.transformers;

import org.bytedeco.pytorch.Tensor;

/**
 * A language model that writes: rows of tokens, each going on from its own. What was computed of
 * earlier tokens is kept, so that a step costs one token. Each call is made in a {@link
 * org.bytedeco.javacpp.PointerScope} that ends before the next; what is kept has to outlive it.
 */
public interface Decoder extends AutoCloseable {
  /**
   * Appends tokens to each row and tells what may follow. The first call makes the rows.
   *
   * @param tokens int64 [rows, appended]
   * @return float32 [rows, vocabulary]: the logits of the token after the last
   */
  Tensor advance(Tensor tokens);

  /**
   * Makes new rows of those there are: row {@code i} goes on from what row {@code rows[i]} was. A
   * row may be taken several times, or not at all.
   */
  void select(long[] rows);

  /** The most tokens a row may have. */
  long maxLength();

  /** Gives the memory of the rows back. */
  @Override
  void close();
}
