package io.github.checkpoint4j.transformers;

import java.util.Optional;
import org.bytedeco.pytorch.DropoutImpl;
import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;

/** The projections of a feed-forward layer, with a gate or without. */
final class T5FeedForward extends Module {
  private final LinearImpl in;
  private final Optional<LinearImpl> gated;
  private final LinearImpl out;
  private final DropoutImpl dropout;
  private final Activation activation;

  T5FeedForward(T5Config config) {
    boolean gate = config.feedForwardProj().gated();
    in = register_module(gate ? "wi_0" : "wi", Layers.linear(config.dModel(), config.dFf()));
    gated =
        gate
            ? Optional.of(register_module("wi_1", Layers.linear(config.dModel(), config.dFf())))
            : Optional.empty();
    out = register_module("wo", Layers.linear(config.dFf(), config.dModel()));
    dropout = register_module("dropout", new DropoutImpl(config.dropoutRate()));
    activation = config.feedForwardProj().activation();
  }

  /** [batch, length, hidden] to the same shape. */
  Tensor forward(Tensor hidden) {
    Tensor active = activation.apply(in.forward(hidden));
    return out.forward(
        dropout.forward(gated.map(other -> active.mul(other.forward(hidden))).orElse(active)));
  }
}
