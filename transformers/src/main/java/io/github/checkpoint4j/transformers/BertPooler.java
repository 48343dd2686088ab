package io.github.checkpoint4j.transformers;

import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;

/** What stands for the whole sequence: a dense layer and tanh over its first token. */
final class BertPooler extends Module {
  private final Linear dense;

  BertPooler(BertConfig config) {
    dense = register_module("dense", new Linear(config.hiddenSize(), config.hiddenSize()));
  }

  /** [batch, length, hidden] to [batch, hidden]. */
  Tensor forward(Tensor hidden) {
    return dense.forward(hidden.select(1, 0)).tanh();
  }
}
