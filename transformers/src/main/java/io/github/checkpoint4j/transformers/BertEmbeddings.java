package io.github.checkpoint4j.transformers;

import io.github.checkpoint4j.torch.Batch;
import java.util.OptionalLong;
import org.bytedeco.pytorch.DropoutImpl;
import org.bytedeco.pytorch.EmbeddingImpl;
import org.bytedeco.pytorch.LayerNormImpl;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Word, token type and position embeddings, added and normalised. */
final class BertEmbeddings extends Module {
  private final EmbeddingImpl wordEmbeddings;
  private final EmbeddingImpl positionEmbeddings;
  private final EmbeddingImpl tokenTypeEmbeddings;
  private final LayerNormImpl layerNorm;
  private final DropoutImpl dropout;
  private final BertConfig config;

  BertEmbeddings(BertConfig config) {
    this.config = config;
    long size = config.hiddenSize();
    wordEmbeddings =
        register_module(
            "word_embeddings", Layers.embedding(config.vocabSize(), size, config.padTokenId()));
    positionEmbeddings =
        register_module(
            "position_embeddings",
            Layers.embedding(config.maxPositionEmbeddings(), size, OptionalLong.empty()));
    tokenTypeEmbeddings =
        register_module(
            "token_type_embeddings",
            Layers.embedding(config.typeVocabSize(), size, OptionalLong.empty()));
    layerNorm = register_module("LayerNorm", Layers.layerNorm(size, config.layerNormEps()));
    dropout = register_module("dropout", new DropoutImpl(config.hiddenDropoutProb()));
  }

  /** The word embeddings, [vocabulary, hidden]. */
  Tensor words() {
    return wordEmbeddings.weight();
  }

  /**
   * The embeddings of {@code input_ids}, [batch, length, hidden].
   *
   * @param batch {@code input_ids} and, if there, {@code token_type_ids} (else all are 0), both
   *     [batch, length]
   */
  Tensor forward(Batch batch) {
    Tensor inputIds = TokenRows.of(batch, "input_ids");
    long length = inputIds.size(1);
    if (length > config.maxPositionEmbeddings()) {
      throw new IllegalArgumentException(
          "the sequences have "
              + length
              + " tokens and the model has "
              + config.maxPositionEmbeddings()
              + " positions (max_position_embeddings); truncate them when tokenizing");
    }
    Tensor tokenTypeIds =
        batch.contains("token_type_ids") ? batch.get("token_type_ids") : torch.zeros_like(inputIds);
    Tensor positionIds = Positions.between(0, length, inputIds).unsqueeze(0);
    Tensor words = wordEmbeddings.forward(inputIds);
    Tensor embeddings = words.add(tokenTypeEmbeddings.forward(tokenTypeIds));
    embeddings = embeddings.add(positionEmbeddings.forward(positionIds));
    return dropout.forward(layerNorm.forward(embeddings));
  }
}
