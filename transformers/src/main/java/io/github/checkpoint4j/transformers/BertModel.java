package io.github.checkpoint4j.transformers;

import io.github.checkpoint4j.torch.Batch;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** BERT without a head: embeddings, encoder, pooler. */
final class BertModel extends Module {
  private final BertEmbeddings embeddings;
  private final BertEncoder encoder;
  private final BertPooler pooler;

  BertModel(BertConfig config) {
    embeddings = register_module("embeddings", new BertEmbeddings(config));
    encoder = register_module("encoder", new BertEncoder(config));
    pooler = register_module("pooler", new BertPooler(config));
  }

  /**
   * The pooled output, [batch, hidden].
   *
   * @param batch {@code input_ids}, and if there {@code token_type_ids} and {@code attention_mask}
   *     (0 for padding), all [batch, length]
   */
  Tensor forward(Batch batch) {
    Tensor embedded = Layers.freeingIntermediates(() -> embeddings.forward(batch));
    return pooler.forward(encoder.forward(embedded, mask(batch)));
  }

  /**
   * The mask of the scaled dot product, as {@code create_bidirectional_mask} makes it for sdpa:
   * none at all if no token is padding, for libtorch has a faster kernel then.
   */
  private static TensorOptional mask(Batch batch) {
    if (!batch.contains("attention_mask")) {
      return new TensorOptional();
    }
    Tensor padding = batch.get("attention_mask").to(ScalarType.Bool);
    if (padding.all().item_bool()) {
      return new TensorOptional();
    }
    long length = padding.size(1);
    return new TensorOptional(
        padding.unsqueeze(1).unsqueeze(1).expand(padding.size(0), 1, length, length));
  }
}
