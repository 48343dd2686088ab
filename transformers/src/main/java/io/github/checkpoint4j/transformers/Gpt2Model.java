package io.github.checkpoint4j.transformers;

import io.github.checkpoint4j.torch.Batch;
import io.github.checkpoint4j.torch.Recomputation;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.bytedeco.pytorch.DropoutImpl;
import org.bytedeco.pytorch.EmbeddingImpl;
import org.bytedeco.pytorch.LayerNormImpl;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;

/** GPT-2 without a head: embeddings, blocks, a last normalisation. */
final class Gpt2Model extends Module {
  private final EmbeddingImpl wte;
  private final EmbeddingImpl wpe;
  private final DropoutImpl drop;
  private final Module h;
  private final List<Gpt2Block> blocks = new ArrayList<>();
  private final LayerNormImpl lnF;
  private final Gpt2Config config;

  Gpt2Model(Gpt2Config config) {
    this.config = config;
    long size = config.nEmbd();
    wte = register_module("wte", Layers.embedding(config.vocabSize(), size, OptionalLong.empty()));
    wpe = register_module("wpe", Layers.embedding(config.nPositions(), size, OptionalLong.empty()));
    drop = register_module("drop", new DropoutImpl(config.embdPdrop()));
    h = new Module();
    for (int i = 0; i < config.nLayer(); i++) {
      blocks.add(h.register_module(Integer.toString(i), new Gpt2Block(config, i)));
    }
    register_module("h", h);
    lnF = register_module("ln_f", Layers.layerNorm(size, config.layerNormEpsilon()));
  }

  /** The word embeddings, [vocabulary, hidden]. */
  Tensor wordEmbeddings() {
    return wte.weight();
  }

  /**
   * The hidden states, [batch, length, hidden].
   *
   * @param batch as in {@link Gpt2LMHeadModel#forward(Batch, KeyValueCache)}
   * @param cache the tokens before, to which these are added; none where blocks run again
   * @param recomputation runs the blocks
   */
  Tensor forward(Batch batch, Optional<KeyValueCache> cache, Recomputation recomputation) {
    Tensor inputIds = TokenRows.of(batch, "input_ids");
    long past = cache.map(KeyValueCache::length).orElse(0L);
    Tensor positions = batch.find("position_ids").orElseGet(() -> positions(past, inputIds));
    Tensor embedded = Layers.freeingIntermediates(() -> embeddings(batch, inputIds, positions));
    Optional<Tensor> attentionMask = batch.find("attention_mask");
    Optional<Tensor> sequences =
        attentionMask.isEmpty() && cache.isEmpty()
            ? batch.find("position_ids").flatMap(AttentionMasks::packed)
            : Optional.empty();
    Optional<Tensor> mask = AttentionMasks.causal(attentionMask, sequences, inputIds, past);
    Tensor hidden = embedded;
    for (Gpt2Block block : blocks) {
      hidden =
          recomputation.segment(
              List.of(hidden), inputs -> block.forward(inputs.getFirst(), mask, cache));
    }
    return lnF.forward(hidden);
  }

  private Tensor embeddings(Batch batch, Tensor inputIds, Tensor positions) {
    Tensor embedded = wte.forward(inputIds).add(wpe.forward(positions));
    Optional<Tensor> types = batch.find("token_type_ids");
    return drop.forward(types.isPresent() ? embedded.add(wte.forward(types.get())) : embedded);
  }

  private Tensor positions(long past, Tensor inputIds) {
    long end = Math.addExact(past, inputIds.size(1));
    if (end > config.nPositions()) {
      throw new IllegalArgumentException(
          "the sequences have "
              + end
              + " tokens and the model has "
              + config.nPositions()
              + " positions (n_positions); truncate them when tokenizing");
    }
    return Positions.between(past, end, inputIds).unsqueeze(0);
  }
}
