package io.github.checkpoint4j.transformers;

import org.bytedeco.pytorch.LayerNormImpl;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;

/** The dense layer before the vocabulary. */
final class BertPredictionTransform extends Module {
  private final Linear dense;
  private final LayerNormImpl layerNorm;
  private final Activation activation;

  BertPredictionTransform(BertConfig config) {
    long size = config.hiddenSize();
    dense = register_module("dense", new Linear(size, size));
    layerNorm = register_module("LayerNorm", Layers.layerNorm(size, config.layerNormEps()));
    activation = config.hiddenAct();
  }

  /** [batch, length, hidden] to the same shape. */
  Tensor forward(Tensor hidden) {
    return layerNorm.forward(activation.apply(dense.forward(hidden)));
  }
}
