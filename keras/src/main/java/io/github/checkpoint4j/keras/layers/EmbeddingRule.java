package io.github.checkpoint4j.keras.layers;

import io.github.checkpoint4j.format.CorruptFileException;
import java.util.List;

/** {@code Embedding}. */
final class EmbeddingRule implements LayerRule {
  @Override
  public List<LayerVariable> variables(LayerConfig layer) throws CorruptFileException {
    Shape table =
        Shape.of(layer.options().positive("input_dim"), layer.options().positive("output_dim"));
    return OwnVariables.of(layer).trained("embeddings", table, Single.same("weight")).list();
  }
}
