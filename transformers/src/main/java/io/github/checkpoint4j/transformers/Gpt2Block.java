package io.github.checkpoint4j.transformers;

import java.util.Optional;
import org.bytedeco.pytorch.LayerNormImpl;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;

/** One block: attention, then the feed-forward half, each added to what it was given. */
final class Gpt2Block extends Module {
  private final LayerNormImpl ln1;
  private final Gpt2Attention attn;
  private final LayerNormImpl ln2;
  private final Gpt2Mlp mlp;

  Gpt2Block(Gpt2Config config, int layer) {
    double epsilon = config.layerNormEpsilon();
    ln1 = register_module("ln_1", Layers.layerNorm(config.nEmbd(), epsilon));
    attn = register_module("attn", new Gpt2Attention(config, layer));
    ln2 = register_module("ln_2", Layers.layerNorm(config.nEmbd(), epsilon));
    mlp = register_module("mlp", new Gpt2Mlp(config));
  }

  /**
   * The hidden states after the block, [batch, length, hidden].
   *
   * @param hidden [batch, length, hidden]
   * @param mask as {@link AttentionMasks#causal} makes it
   * @param cache the tokens before, to which these are added
   */
  Tensor forward(Tensor hidden, Optional<Tensor> mask, Optional<KeyValueCache> cache) {
    Tensor attended =
        Layers.freeingIntermediates(
            () -> attn.forward(ln1.forward(hidden), mask, cache).add(hidden));
    return Layers.freeingIntermediates(() -> attended.add(mlp.forward(ln2.forward(attended))));
  }
}
