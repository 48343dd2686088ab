package io.github.checkpoint4j.transformers;

import io.github.checkpoint4j.torch.Recomputation;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.bytedeco.pytorch.DropoutImpl;
import org.bytedeco.pytorch.EmbeddingImpl;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;

/** The encoder or the decoder: blocks between dropouts, and a last normalisation. */
final class T5Stack extends Module {
  /**
   * What a decoder attends to.
   *
   * @param hidden the encoder's hidden states, [batch, keys, hidden]
   * @param mask what is added to the scores, as {@link AttentionMasks#biased} makes it
   */
  record Source(Tensor hidden, Tensor mask) {}

  private final EmbeddingImpl embedTokens;
  private final Module block;
  private final List<T5Block> blocks = new ArrayList<>();
  private final T5LayerNorm finalLayerNorm;
  private final DropoutImpl dropout;
  private final RelativePositions positions;
  private final long heads;
  private final boolean decoder;

  /**
   * A stack.
   *
   * @param shared the word embeddings
   * @param decoder whether it also attends to an encoder, and to no token after its own
   * @param initialized as in {@link T5ForConditionalGeneration}
   */
  T5Stack(T5Config config, EmbeddingImpl shared, boolean decoder, boolean initialized) {
    this.decoder = decoder;
    heads = config.numHeads();
    positions =
        new RelativePositions(
            !decoder, config.relativeAttentionNumBuckets(), config.relativeAttentionMaxDistance());
    // Python makes and draws embeddings of its own here, and then gives them up for the shared
    // ones.
    EmbeddingImpl own = Layers.embedding(config.vocabSize(), config.dModel(), OptionalLong.empty());
    embedTokens = register_module("embed_tokens", shared);
    block = new Module();
    long count = decoder ? config.numDecoderLayers() : config.numLayers();
    for (int i = 0; i < count; i++) {
      blocks.add(block.register_module(Integer.toString(i), new T5Block(config, decoder, i)));
    }
    register_module("block", block);
    finalLayerNorm = register_module("final_layer_norm", new T5LayerNorm(config));
    dropout = register_module("dropout", new DropoutImpl(config.dropoutRate()));
    if (initialized) {
      T5InitialWeights.draw(own, config, name -> true);
      T5InitialWeights.draw(this, config, name -> !name.startsWith("embed_tokens."));
    }
  }

  /**
   * The hidden states, [batch, length, hidden].
   *
   * @param ids the tokens, [batch, length]
   * @param attentionMask 0 for padding, [batch, tokens before and these]
   * @param encoded for a decoder, what the encoder made
   * @param encodedMask 0 for padding, [batch, keys]
   * @param cache the decoder's tokens before, to which these are added; none where blocks run again
   * @param recomputation runs the blocks
   */
  Tensor forward(
      Tensor ids,
      Optional<Tensor> attentionMask,
      Optional<Tensor> encoded,
      Optional<Tensor> encodedMask,
      Optional<EncoderDecoderCache> cache,
      Recomputation recomputation) {
    long length = ids.size(1);
    long past = cache.map(EncoderDecoderCache::length).orElse(0L);
    Optional<Tensor> seen =
        decoder
            ? AttentionMasks.causal(attentionMask, Optional.empty(), ids, past)
            : AttentionMasks.bidirectional(attentionMask, length);
    Tensor bias = blocks.getFirst().bias(positions.buckets(past, length, past + length, ids));
    Tensor mask = AttentionMasks.biased(bias, seen, decoder);
    Optional<Source> source =
        encoded.map(states -> new Source(states, unbiased(length, states, encodedMask)));
    Tensor hidden = dropout.forward(embedTokens.forward(ids));
    for (T5Block each : blocks) {
      List<Tensor> inputs = new ArrayList<>(List.of(hidden, mask));
      source.map(Source::hidden).ifPresent(inputs::add);
      hidden =
          recomputation.segment(
              inputs,
              in ->
                  each.forward(
                      in.get(0),
                      in.get(1),
                      source.map(all -> new Source(in.get(2), all.mask())),
                      cache));
    }
    return dropout.forward(finalLayerNorm.forward(hidden));
  }

  private Tensor unbiased(long length, Tensor encoded, Optional<Tensor> encodedMask) {
    return AttentionMasks.biased(
        torch.zeros(
            new long[] {1, heads, length, encoded.size(1)}, new TensorOptions(encoded.device())),
        AttentionMasks.bidirectional(encodedMask, length),
        false);
  }
}
