package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.torch.Batch;
import io.github.checkpoint4j.torch.NativeTensors;
import io.github.checkpoint4j.torch.PredictionStep;
import io.github.checkpoint4j.transformers.Generated;
import io.github.checkpoint4j.transformers.GenerationConfig;
import io.github.checkpoint4j.transformers.T5Decoder;
import io.github.checkpoint4j.transformers.T5ForConditionalGeneration;
import io.github.checkpoint4j.transformers.TextGeneration;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * Predicts what a T5 writes greedily for the sources of a batch.
 *
 * @param maxNewTokens the most tokens that it writes
 */
record GreedyPredictions(T5ForConditionalGeneration model, int maxNewTokens)
    implements PredictionStep {
  /** Fills up the shorter rows, and counts for nothing. */
  private static final long NO_TOKEN = -100;

  /**
   * @return int64 [sources, written], without the token that the decoder starts with
   */
  @Override
  public Tensor predict(Batch batch) {
    GenerationConfig.Builder config =
        GenerationConfig.builder()
            .maxNewTokens(maxNewTokens)
            .eosTokenIds(model.config().eosTokenIds());
    model.config().padTokenId().ifPresent(config::padTokenId);
    List<Generated> written;
    try (T5Decoder decoder = new T5Decoder(model, batch)) {
      written = TextGeneration.generate(decoder, decoder.prompts(), config.build());
    }
    int width = written.stream().mapToInt(row -> row.tokens().size()).max().orElse(0);
    long[] ids = new long[written.size() * width];
    Arrays.fill(ids, NO_TOKEN);
    for (int row = 0; row < written.size(); row++) {
      List<Long> tokens = written.get(row).tokens();
      for (int place = 0; place < tokens.size(); place++) {
        ids[row * width + place] = tokens.get(place);
      }
    }
    return NativeTensors.copyOf(
        io.github.checkpoint4j.state.Tensor.ofLongs(ids, written.size(), width));
  }
}
