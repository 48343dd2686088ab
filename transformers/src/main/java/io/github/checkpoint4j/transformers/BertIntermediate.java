package io.github.checkpoint4j.transformers;

import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;

/** The wide half of the feed-forward block. */
final class BertIntermediate extends Module {
  private final Linear dense;
  private final Activation activation;

  BertIntermediate(BertConfig config) {
    dense = register_module("dense", new Linear(config.hiddenSize(), config.intermediateSize()));
    activation = config.hiddenAct();
  }

  /** [batch, length, hidden] to [batch, length, intermediate]. */
  Tensor forward(Tensor hidden) {
    return activation.apply(dense.forward(hidden));
  }
}
