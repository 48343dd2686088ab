package io.github.checkpoint4j.transformers;

import org.bytedeco.pytorch.DropoutImpl;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;

/** The feed-forward half of a block. */
final class Gpt2Mlp extends Module {
  private final Conv1D cFc;
  private final Conv1D cProj;
  private final DropoutImpl dropout;
  private final Activation activation;

  Gpt2Mlp(Gpt2Config config) {
    cFc = register_module("c_fc", new Conv1D(config.innerSize(), config.nEmbd()));
    cProj = register_module("c_proj", new Conv1D(config.nEmbd(), config.innerSize()));
    dropout = register_module("dropout", new DropoutImpl(config.residPdrop()));
    activation = config.activationFunction();
  }

  /** [batch, length, hidden] to the same shape. */
  Tensor forward(Tensor hidden) {
    return dropout.forward(cProj.forward(activation.apply(cFc.forward(hidden))));
  }
}
