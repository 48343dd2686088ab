package io.github.checkpoint4j.transformers;

import org.bytedeco.pytorch.Tensor;

/**
 * What a decoder with an encoder keeps between its steps: the keys and values of the tokens it was
 * given, and those of the encoder's hidden states, which are made once. As {@link KeyValueCache},
 * made empty and filled by the model.
 */
public final class EncoderDecoderCache implements AutoCloseable {
  private final KeyValueCache selfAttention = new KeyValueCache();
  private final KeyValueCache crossAttention = new KeyValueCache();

  /** An empty one. */
  public EncoderDecoderCache() {}

  /** The number of the decoder's tokens it holds, padding counted. */
  public long length() {
    return selfAttention.length();
  }

  /** As {@link KeyValueCache#reorder}, of the decoder's tokens and the encoder's together. */
  public void reorder(Tensor rows) {
    selfAttention.reorder(rows);
    crossAttention.reorder(rows);
  }

  /** Frees what it holds; it is empty then. */
  @Override
  public void close() {
    selfAttention.close();
    crossAttention.close();
  }

  KeyValueCache selfAttention() {
    return selfAttention;
  }

  KeyValueCache crossAttention() {
    return crossAttention;
  }
}
