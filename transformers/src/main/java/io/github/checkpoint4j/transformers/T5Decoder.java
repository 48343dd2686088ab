package io.github.checkpoint4j.transformers;

import io.github.checkpoint4j.torch.Batch;
import io.github.checkpoint4j.torch.NativeTensors;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;

/**
 * A T5 that writes a text for each that it was given; see {@link TextGeneration}. Its prompts are
 * the token that the decoder starts with, one for each text. The model should be in evaluation
 * mode.
 */
public final class T5Decoder implements Decoder {
  private final T5ForConditionalGeneration model;
  private final EncoderDecoderCache cache = new EncoderDecoderCache();

  /** What the encoder made, [rows of the first call, source length, hidden]. */
  private Tensor encoded;

  /** 0 for padding, [rows, source length]. */
  private Optional<Tensor> mask;

  /**
   * Encodes the texts.
   *
   * @param batch {@code input_ids}, int64 [texts, length], and if they are padded {@code
   *     attention_mask}
   */
  public T5Decoder(T5ForConditionalGeneration model, Batch batch) {
    this.model = model;
    try (var _ = new NoGradGuard();
        Tensor states = model.encode(batch)) {
      this.encoded = NativeTensors.kept(states);
    }
    this.mask = batch.find("attention_mask").map(NativeTensors::kept);
  }

  /**
   * The prompts of {@link TextGeneration}: for each text the token that the decoder starts with.
   *
   * @throws IllegalArgumentException if the configuration has none
   */
  public long[][] prompts() {
    long start =
        model
            .config()
            .decoderStartTokenId()
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "the configuration has no decoder_start_token_id; set it"));
    long[][] prompts = new long[Math.toIntExact(encoded.size(0))][1];
    for (long[] prompt : prompts) {
      prompt[0] = start;
    }
    return prompts;
  }

  /**
   * {@inheritDoc}
   *
   * <p>The first call may have several rows for each text, one after another.
   *
   * @throws IllegalArgumentException if they are not as many for each
   */
  @Override
  public Tensor advance(Tensor tokens) {
    if (cache.length() == 0) {
      repeat(tokens.size(0));
    }
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    tensors.put("decoder_input_ids", tokens);
    mask.ifPresent(present -> tensors.put("attention_mask", present));
    try (Batch batch = Batch.of(tensors)) {
      return TokenRows.last(model.forward(encoded, batch, cache));
    }
  }

  private void repeat(long rows) {
    long texts = encoded.size(0);
    if (rows % texts != 0) {
      throw new IllegalArgumentException(
          "%d rows for %d texts; give as many for each".formatted(rows, texts));
    }
    if (rows > texts) {
      encoded = repeated(encoded, rows / texts);
      mask = mask.map(present -> repeated(present, rows / texts));
    }
  }

  private static Tensor repeated(Tensor tensor, long times) {
    try (tensor;
        var axis = new LongOptional(0);
        var size = new LongOptional();
        Tensor repeated = tensor.repeat_interleave(times, axis, size)) {
      return NativeTensors.kept(repeated);
    }
  }

  @Override
  public void select(long[] rows) {
    try (Tensor chosen = PaddedTexts.longs(rows, rows.length)) {
      // The keys and values of what was encoded are in the cache.
      cache.reorder(chosen);
      mask = mask.map(present -> selected(present, chosen));
    }
  }

  private static Tensor selected(Tensor tensor, Tensor rows) {
    try (tensor;
        Tensor selected = tensor.index_select(0, rows)) {
      return NativeTensors.kept(selected);
    }
  }

  /** Positions are relative to each other: there is no most. */
  @Override
  public long maxLength() {
    return Long.MAX_VALUE;
  }

  @Override
  public void close() {
    cache.close();
    encoded.close();
    mask.ifPresent(Tensor::close);
  }
}
