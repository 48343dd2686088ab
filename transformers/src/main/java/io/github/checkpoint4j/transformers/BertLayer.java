package io.github.checkpoint4j.transformers;

import java.util.Optional;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;

/** One layer of the encoder: attention, then the feed-forward block. */
final class BertLayer extends Module {
  private final BertAttention attention;
  private final BertIntermediate intermediate;
  private final BertOutput output;

  BertLayer(BertConfig config) {
    attention = register_module("attention", new BertAttention(config));
    intermediate = register_module("intermediate", new BertIntermediate(config));
    output = register_module("output", new BertOutput(config, config.intermediateSize()));
  }

  /**
   * The hidden states after the layer, [batch, length, hidden].
   *
   * @param hidden [batch, length, hidden]
   * @param mask as {@link AttentionMasks#bidirectional} makes it
   */
  Tensor forward(Tensor hidden, Optional<Tensor> mask) {
    Tensor attended = Layers.freeingIntermediates(() -> attention.forward(hidden, mask));
    return Layers.freeingIntermediates(
        () -> output.forward(intermediate.forward(attended), attended));
  }
}
