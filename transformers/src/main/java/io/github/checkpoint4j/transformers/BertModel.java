package io.github.checkpoint4j.transformers;

import io.github.checkpoint4j.torch.Batch;
import java.util.Optional;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;

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
    Optional<Tensor> mask =
        AttentionMasks.bidirectional(batch.find("attention_mask"), embedded.size(1));
    return pooler.forward(encoder.forward(embedded, mask));
  }
}
