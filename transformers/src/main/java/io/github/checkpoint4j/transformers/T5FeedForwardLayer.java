package io.github.checkpoint4j.transformers;

import org.bytedeco.pytorch.DropoutImpl;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;

/** The feed-forward projections between their normalisation and the residual connection. */
final class T5FeedForwardLayer extends Module {
  private final T5FeedForward projections;
  private final T5LayerNorm layerNorm;
  private final DropoutImpl dropout;

  T5FeedForwardLayer(T5Config config) {
    projections = register_module("DenseReluDense", new T5FeedForward(config));
    layerNorm = register_module("layer_norm", new T5LayerNorm(config));
    dropout = register_module("dropout", new DropoutImpl(config.dropoutRate()));
  }

  /** [batch, length, hidden] to the same shape. */
  Tensor forward(Tensor hidden) {
    return Layers.freeingIntermediates(
        () -> hidden.add(dropout.forward(projections.forward(layerNorm.forward(hidden)))));
  }
}
