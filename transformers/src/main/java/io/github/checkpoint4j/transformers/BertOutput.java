package io.github.checkpoint4j.transformers;

import org.bytedeco.pytorch.DropoutImpl;
import org.bytedeco.pytorch.LayerNormImpl;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;

/** The end of a block: a dense layer, dropout, the residual connection and its normalisation. */
final class BertOutput extends Module {
  private final Linear dense;
  private final LayerNormImpl layerNorm;
  private final DropoutImpl dropout;

  /**
   * A block's end.
   *
   * @param inputSize the last dimension of what {@link #forward} is given
   */
  BertOutput(BertConfig config, long inputSize) {
    dense = register_module("dense", new Linear(inputSize, config.hiddenSize()));
    layerNorm =
        register_module("LayerNorm", Layers.layerNorm(config.hiddenSize(), config.layerNormEps()));
    dropout = register_module("dropout", new DropoutImpl(config.hiddenDropoutProb()));
  }

  /**
   * The hidden states after the block, [batch, length, hidden].
   *
   * @param inner what the block made, [batch, length, inputSize]
   * @param residual what the block was given, [batch, length, hidden]
   */
  Tensor forward(Tensor inner, Tensor residual) {
    Tensor hidden = dropout.forward(dense.forward(inner));
    return layerNorm.forward(hidden.add(residual));
  }
}
