package io.github.checkpoint4j.transformers;

import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.DropoutImpl;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;

/** An attention between its normalisation and the residual connection. */
final class T5AttentionLayer extends Module {
  private final T5Attention attention;
  private final T5LayerNorm layerNorm;
  private final DropoutImpl dropout;

  /**
   * A layer.
   *
   * @param name of the attention in it
   */
  T5AttentionLayer(T5Config config, String name, T5Attention attention) {
    this.attention = register_module(name, attention);
    layerNorm = register_module("layer_norm", new T5LayerNorm(config));
    dropout = register_module("dropout", new DropoutImpl(config.dropoutRate()));
  }

  T5Attention attention() {
    return attention;
  }

  /**
   * The hidden states after the layer, [batch, length, hidden].
   *
   * @param hidden [batch, length, hidden]
   * @param attend the attention, given the normalised states
   */
  Tensor forward(Tensor hidden, UnaryOperator<Tensor> attend) {
    return Layers.freeingIntermediates(
        () -> hidden.add(dropout.forward(attend.apply(layerNorm.forward(hidden)))));
  }
}
