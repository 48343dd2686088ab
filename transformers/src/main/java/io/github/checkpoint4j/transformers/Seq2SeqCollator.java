package io.github.checkpoint4j.transformers;

import io.github.checkpoint4j.torch.Batch;
import io.github.checkpoint4j.torch.Collator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/**
 * Makes a batch for a model that makes one text of another, as {@code DataCollatorForSeq2Seq} of
 * transformers does without a model: tokenizes the pairs, and pads sources and targets each to the
 * longest of the batch. A model like T5 makes its decoder's input of the labels.
 *
 * @param maxSourceLength the most tokens of a source, special tokens counted; the rest is cut off
 * @param maxTargetLength the same of a target
 */
public record Seq2SeqCollator(Tokenizer tokenizer, int maxSourceLength, int maxTargetLength)
    implements Collator<TextPair> {

  /**
   * Checks the lengths.
   *
   * @throws IllegalArgumentException if one leaves no room for a token
   */
  public Seq2SeqCollator {
    Tokenizer.requireMaxLength(maxSourceLength);
    Tokenizer.requireMaxLength(maxTargetLength);
  }

  /**
   * {@code input_ids} and {@code attention_mask}, int64 [pairs, length of the sources], and {@code
   * labels}, int64 [pairs, length of the targets], -100 where it is filled up.
   *
   * @throws IllegalStateException if the tokenizer has no padding token
   */
  @Override
  public Batch collate(List<TextPair> examples) {
    List<long[]> sources =
        examples.stream()
            .map(pair -> tokenizer.encode(pair.source(), maxSourceLength).ids())
            .toList();
    List<long[]> targets =
        examples.stream()
            .map(pair -> tokenizer.encode(pair.target(), maxTargetLength).ids())
            .toList();
    try (var _ = new PointerScope()) {
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      tensors.put("input_ids", PaddedTexts.padded(sources, tokenizer.padId()));
      tensors.put("attention_mask", PaddedTexts.attentionMask(sources));
      tensors.put("labels", PaddedTexts.padded(targets, CausalLMCollator.NO_LABEL));
      return Batch.of(tensors);
    }
  }
}
