package io.github.checkpoint4j.transformers;

import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/** Multi-head attention of a sequence to itself, by libtorch's scaled dot product. */
final class BertSelfAttention extends Module {
  private final LinearImpl query;
  private final LinearImpl key;
  private final LinearImpl value;
  private final long heads;
  private final long headSize;
  private final double scaling;
  private final double dropout;

  BertSelfAttention(BertConfig config) {
    long size = config.hiddenSize();
    heads = config.numAttentionHeads();
    headSize = size / heads;
    scaling = Math.pow((double) headSize, -0.5);
    dropout = config.attentionProbsDropoutProb();
    query = register_module("query", new LinearImpl(size, size));
    key = register_module("key", new LinearImpl(size, size));
    value = register_module("value", new LinearImpl(size, size));
  }

  /**
   * What each token gathers from the others, [batch, length, hidden].
   *
   * @param hidden [batch, length, hidden]
   * @param mask boolean, [batch, 1, length, length]: whom each token may look at; empty for all
   */
  Tensor forward(Tensor hidden, TensorOptional mask) {
    long batch = hidden.size(0);
    long length = hidden.size(1);
    Tensor q = split(query.forward(hidden), batch, length);
    Tensor k = split(key.forward(hidden), batch, length);
    Tensor v = split(value.forward(hidden), batch, length);
    Tensor attended =
        torch.scaled_dot_product_attention(
            q,
            k,
            v,
            mask,
            is_training() ? dropout : 0.0,
            false,
            new DoubleOptional(scaling),
            false);
    return attended.transpose(1, 2).contiguous().view(batch, length, heads * headSize);
  }

  private Tensor split(Tensor projected, long batch, long length) {
    return projected.view(batch, length, heads, headSize).transpose(1, 2);
  }
}
