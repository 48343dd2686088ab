package io.github.checkpoint4j.transformers;

import java.util.Optional;
import org.bytedeco.pytorch.DropoutImpl;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;

/** Multi-head attention of each token to those before it and itself. */
final class Gpt2Attention extends Module {
  private final Conv1D cAttn;
  private final Conv1D cProj;
  private final DropoutImpl residDropout;
  private final AttentionHeads heads;
  private final double dropout;
  private final double scaling;
  private final long size;
  private final int layer;

  Gpt2Attention(Gpt2Config config, int layer) {
    this.layer = layer;
    size = config.nEmbd();
    heads = new AttentionHeads(config.nHead(), size / config.nHead());
    dropout = config.attnPdrop();
    scaling =
        (config.scaleAttnWeights() ? heads.scaling() : 1.0)
            / (config.scaleAttnByInverseLayerIdx() ? layer + 1.0 : 1.0);
    cAttn = register_module("c_attn", new Conv1D(Math.multiplyExact(3, size), size));
    cProj = register_module("c_proj", new Conv1D(size, size));
    residDropout = register_module("resid_dropout", new DropoutImpl(config.residPdrop()));
  }

  /**
   * What each token gathers, [batch, length, hidden].
   *
   * @param hidden [batch, length, hidden]
   * @param mask as {@link AttentionMasks#causal} makes it
   * @param cache the tokens before, to which these are added
   */
  Tensor forward(Tensor hidden, Optional<Tensor> mask, Optional<KeyValueCache> cache) {
    Tensor projected = cAttn.forward(hidden);
    Tensor query = heads.split(projected.narrow(2, 0, size));
    var own =
        new KeyValueCache.Layer(
            heads.split(projected.narrow(2, size, size)),
            heads.split(projected.narrow(2, 2 * size, size)));
    var all = cache.map(past -> past.append(layer, own.keys(), own.values())).orElse(own);
    Tensor attended =
        heads.attend(
            query, all.keys(), all.values(), mask, true, is_training() ? dropout : 0.0, scaling);
    return residDropout.forward(cProj.forward(attended));
  }
}
