package io.github.checkpoint4j.transformers;

import java.util.Optional;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * Multi-head attention by libtorch's scaled dot product, as transformers calls it.
 *
 * @param count the number of heads
 * @param size the width of each
 * @see <a href="https://github.com/huggingface/transformers">transformers/integrations/
 *     sdpa_attention.py</a>
 */
record AttentionHeads(long count, long size) {
  /** [batch, length, count * size] to [batch, count, length, size]. */
  Tensor split(Tensor projected) {
    return projected.view(projected.size(0), projected.size(1), count, size).transpose(1, 2);
  }

  /** 1 / sqrt(size), by which scores are multiplied. */
  double scaling() {
    return Math.pow((double) size, -0.5);
  }

  /**
   * What each query gathers from the values, [batch, length, count * size].
   *
   * @param query [batch, count, length, size]
   * @param key [batch, count, keys, size]
   * @param value as {@code key}
   * @param mask [batch or 1, count or 1, length, keys]: booleans, whom each query may look at, or
   *     what is added to the scores; empty for all
   * @param causal whether, without a mask, a query looks at no key after it. A single query looks
   *     at all
   * @param dropout the share of attention weights that is dropped
   * @param scaling what the scores are multiplied by
   */
  Tensor attend(
      Tensor query,
      Tensor key,
      Tensor value,
      Optional<Tensor> mask,
      boolean causal,
      double dropout,
      double scaling) {
    long length = query.size(2);
    Tensor attended =
        torch.scaled_dot_product_attention(
            query,
            key,
            value,
            mask.map(TensorOptional::new).orElseGet(TensorOptional::new),
            dropout,
            causal && mask.isEmpty() && length > 1,
            new DoubleOptional(scaling),
            false);
    return attended.transpose(1, 2).contiguous().view(query.size(0), length, count * size);
  }
}
