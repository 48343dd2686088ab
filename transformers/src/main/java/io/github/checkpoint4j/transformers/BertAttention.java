package io.github.checkpoint4j.transformers;

import java.util.Optional;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;

/** The attention block of a layer. */
final class BertAttention extends Module {
  private final BertSelfAttention self;
  private final BertOutput output;

  BertAttention(BertConfig config) {
    self = register_module("self", new BertSelfAttention(config));
    output = register_module("output", new BertOutput(config, config.hiddenSize()));
  }

  /**
   * The hidden states after attention, [batch, length, hidden].
   *
   * @param hidden [batch, length, hidden]
   * @param mask as {@link AttentionMasks#bidirectional} makes it
   */
  Tensor forward(Tensor hidden, Optional<Tensor> mask) {
    return output.forward(self.forward(hidden, mask), hidden);
  }
}
