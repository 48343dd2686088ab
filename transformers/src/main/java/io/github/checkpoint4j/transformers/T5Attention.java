package io.github.checkpoint4j.transformers;

import java.util.Optional;
import java.util.OptionalLong;
import org.bytedeco.pytorch.EmbeddingImpl;
import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;

/** Multi-head attention of a sequence to itself or to another, without scaling. */
final class T5Attention extends Module {
  private final LinearImpl q;
  private final LinearImpl k;
  private final LinearImpl v;
  private final LinearImpl o;
  private final Optional<EmbeddingImpl> relativeAttentionBias;
  private final AttentionHeads heads;
  private final double dropout;
  private final int layer;

  /**
   * An attention.
   *
   * @param biased whether it holds the bias of relative positions
   */
  T5Attention(T5Config config, boolean biased, int layer) {
    this.layer = layer;
    heads = new AttentionHeads(config.numHeads(), config.dKv());
    dropout = config.dropoutRate();
    long inner = Math.multiplyExact(config.numHeads(), config.dKv());
    q = register_module("q", Layers.linear(config.dModel(), inner));
    k = register_module("k", Layers.linear(config.dModel(), inner));
    v = register_module("v", Layers.linear(config.dModel(), inner));
    o = register_module("o", Layers.linear(inner, config.dModel()));
    relativeAttentionBias =
        biased
            ? Optional.of(
                register_module(
                    "relative_attention_bias",
                    Layers.embedding(
                        config.relativeAttentionNumBuckets(),
                        config.numHeads(),
                        OptionalLong.empty())))
            : Optional.empty();
  }

  /**
   * What relative positions add to the scores, [1, heads, queries, keys].
   *
   * @param buckets as {@link RelativePositions#buckets} makes them
   */
  Tensor bias(Tensor buckets) {
    return relativeAttentionBias.orElseThrow().forward(buckets).permute(2, 0, 1).unsqueeze(0);
  }

  /**
   * What each token gathers from those before it or from all, [batch, length, hidden].
   *
   * @param hidden [batch, length, hidden]
   * @param mask what is added to the scores, as {@link AttentionMasks#biased} makes it
   * @param cache the tokens before, to which these are added
   */
  Tensor toItself(Tensor hidden, Tensor mask, Optional<KeyValueCache> cache) {
    KeyValueCache.Layer own = keysAndValues(hidden);
    return gather(
        hidden, cache.map(past -> past.append(layer, own.keys(), own.values())).orElse(own), mask);
  }

  /**
   * What each token gathers from another sequence, [batch, length, hidden].
   *
   * @param hidden [batch, length, hidden]
   * @param source the other sequence, [batch, keys, hidden]
   * @param mask as for {@link #toItself}
   * @param cache the keys and values of the other sequence, which are added if they are not there
   */
  Tensor toAnother(Tensor hidden, Tensor source, Tensor mask, Optional<KeyValueCache> cache) {
    return gather(
        hidden,
        cache
            .flatMap(kept -> kept.find(layer))
            .orElseGet(
                () -> {
                  KeyValueCache.Layer made = keysAndValues(source);
                  return cache
                      .map(kept -> kept.append(layer, made.keys(), made.values()))
                      .orElse(made);
                }),
        mask);
  }

  private KeyValueCache.Layer keysAndValues(Tensor source) {
    return new KeyValueCache.Layer(heads.split(k.forward(source)), heads.split(v.forward(source)));
  }

  private Tensor gather(Tensor hidden, KeyValueCache.Layer from, Tensor mask) {
    return o.forward(
        heads.attend(
            heads.split(q.forward(hidden)),
            from.keys(),
            from.values(),
            Optional.of(mask),
            false,
            is_training() ? dropout : 0.0,
            1.0));
  }
}
