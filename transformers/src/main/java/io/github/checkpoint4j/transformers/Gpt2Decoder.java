package io.github.checkpoint4j.transformers;

import io.github.checkpoint4j.torch.Batch;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/** A GPT-2 that writes; see {@link TextGeneration}. The model should be in evaluation mode. */
public final class Gpt2Decoder implements Decoder {
  private final Gpt2LMHeadModel model;
  private final KeyValueCache cache = new KeyValueCache();

  /** One without any rows yet. */
  public Gpt2Decoder(Gpt2LMHeadModel model) {
    this.model = model;
  }

  @Override
  public Tensor advance(Tensor tokens) {
    try (Batch batch = Batch.of(Map.of("input_ids", tokens))) {
      return TokenRows.last(model.forward(batch, cache));
    }
  }

  @Override
  public void select(long[] rows) {
    try (Tensor chosen = PaddedTexts.longs(rows, rows.length)) {
      cache.reorder(chosen);
    }
  }

  @Override
  public long maxLength() {
    return model.config().nPositions();
  }

  @Override
  public void close() {
    cache.close();
  }
}
