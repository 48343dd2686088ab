package io.github.checkpoint4j.transformers;

import java.util.Optional;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;

/** Multi-head attention of a sequence to itself, by libtorch's scaled dot product. */
final class BertSelfAttention extends Module {
  private final Linear query;
  private final Linear key;
  private final Linear value;
  private final AttentionHeads heads;
  private final double dropout;

  BertSelfAttention(BertConfig config) {
    long size = config.hiddenSize();
    heads = new AttentionHeads(config.numAttentionHeads(), size / config.numAttentionHeads());
    dropout = config.attentionProbsDropoutProb();
    query = register_module("query", new Linear(size, size));
    key = register_module("key", new Linear(size, size));
    value = register_module("value", new Linear(size, size));
  }

  /**
   * What each token gathers from the others, [batch, length, hidden].
   *
   * @param hidden [batch, length, hidden]
   * @param mask as {@link AttentionMasks#bidirectional} makes it
   */
  Tensor forward(Tensor hidden, Optional<Tensor> mask) {
    return heads.attend(
        heads.split(query.forward(hidden)),
        heads.split(key.forward(hidden)),
        heads.split(value.forward(hidden)),
        mask,
        false,
        is_training() ? dropout : 0.0,
        heads.scaling());
  }
}
