package io.github.checkpoint4j.transformers;

import io.github.checkpoint4j.torch.Batch;
import io.github.checkpoint4j.torch.Recomputation;
import java.util.Optional;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;

/** BERT without a head: embeddings, encoder, and the pooler if the head needs one. */
final class BertModel extends Module {
  private final BertEmbeddings embeddings;
  private final BertEncoder encoder;
  private final Optional<BertPooler> pooler;

  /**
   * A model.
   *
   * @param pooling whether it has a pooler
   */
  BertModel(BertConfig config, boolean pooling) {
    embeddings = register_module("embeddings", new BertEmbeddings(config));
    encoder = register_module("encoder", new BertEncoder(config));
    pooler =
        pooling ? Optional.of(register_module("pooler", new BertPooler(config))) : Optional.empty();
  }

  /** The word embeddings, [vocabulary, hidden]. */
  Tensor wordEmbeddings() {
    return embeddings.words();
  }

  /**
   * The hidden states, [batch, length, hidden].
   *
   * @param batch {@code input_ids}, and if there {@code token_type_ids} and {@code attention_mask}
   *     (0 for padding), all [batch, length]
   * @param recomputation runs the layers
   */
  Tensor forward(Batch batch, Recomputation recomputation) {
    Tensor embedded = Layers.freeingIntermediates(() -> embeddings.forward(batch));
    Optional<Tensor> mask =
        AttentionMasks.bidirectional(batch.find("attention_mask"), embedded.size(1));
    return encoder.forward(embedded, mask, recomputation);
  }

  /**
   * The pooled output, [batch, hidden].
   *
   * @param batch as for {@link #forward}
   */
  Tensor pooled(Batch batch, Recomputation recomputation) {
    return pooler.orElseThrow().forward(forward(batch, recomputation));
  }
}
