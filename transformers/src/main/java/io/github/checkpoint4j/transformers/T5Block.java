package io.github.checkpoint4j.transformers;

import java.util.Optional;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;

/** One block: attention to itself, in a decoder also to the encoder, and the feed-forward layer. */
final class T5Block extends Module {
  private final Module layer;
  private final T5AttentionLayer toItself;
  private final Optional<T5AttentionLayer> toEncoder;
  private final T5FeedForwardLayer feedForward;

  T5Block(T5Config config, boolean decoder, int index) {
    layer = new Module();
    toItself =
        layer.register_module(
            "0",
            new T5AttentionLayer(
                config, "SelfAttention", new T5Attention(config, index == 0, index)));
    toEncoder =
        decoder
            ? Optional.of(
                layer.register_module(
                    "1",
                    new T5AttentionLayer(
                        config, "EncDecAttention", new T5Attention(config, false, index))))
            : Optional.empty();
    feedForward = layer.register_module(decoder ? "2" : "1", new T5FeedForwardLayer(config));
    register_module("layer", layer);
  }

  /** As {@link T5Attention#bias}; only the first block has it. */
  Tensor bias(Tensor buckets) {
    return toItself.attention().bias(buckets);
  }

  /**
   * The hidden states after the block, [batch, length, hidden].
   *
   * @param hidden [batch, length, hidden]
   * @param mask what is added to the scores, as {@link AttentionMasks#biased} makes it
   * @param cross what a decoder attends to; empty in an encoder
   * @param cache the decoder's tokens before, and the encoder's
   */
  Tensor forward(
      Tensor hidden,
      Tensor mask,
      Optional<T5Stack.Source> cross,
      Optional<EncoderDecoderCache> cache) {
    Tensor attended =
        toItself.forward(
            hidden,
            x ->
                toItself
                    .attention()
                    .toItself(x, mask, cache.map(EncoderDecoderCache::selfAttention)));
    if (toEncoder.isPresent()) {
      T5AttentionLayer other = toEncoder.get();
      T5Stack.Source source = cross.orElseThrow();
      attended =
          other.forward(
              attended,
              x ->
                  other
                      .attention()
                      .toAnother(
                          x,
                          source.hidden(),
                          source.mask(),
                          cache.map(EncoderDecoderCache::crossAttention)));
    }
    return feedForward.forward(attended);
  }
}
