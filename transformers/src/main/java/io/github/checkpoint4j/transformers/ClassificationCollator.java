package io.github.checkpoint4j.transformers;

import io.github.checkpoint4j.torch.Batch;
import io.github.checkpoint4j.torch.Collator;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/**
 * Makes a batch of labeled texts: tokenizes them, pads them to the longest of the batch, and adds
 * the labels' indices.
 *
 * @param maxLength the most tokens of a text, special tokens counted; the rest is cut off
 */
public record ClassificationCollator(Tokenizer tokenizer, int maxLength)
    implements Collator<LabeledText> {

  /**
   * Checks the length.
   *
   * @throws IllegalArgumentException if {@code maxLength} leaves no room for a token
   */
  public ClassificationCollator {
    Tokenizer.requireMaxLength(maxLength);
  }

  /**
   * {@code input_ids}, {@code token_type_ids}, {@code attention_mask}, each [texts, length], and
   * {@code labels}, [texts]; all int64.
   *
   * @throws IllegalStateException if the tokenizer has no padding token
   */
  @Override
  public Batch collate(List<LabeledText> examples) {
    List<Encoding> encodings =
        examples.stream().map(example -> tokenizer.encode(example.text(), maxLength)).toList();
    long[] labels = examples.stream().mapToLong(LabeledText::label).toArray();
    try (var _ = new PointerScope()) {
      Map<String, Tensor> tensors = PaddedTexts.tensors(encodings, tokenizer.padId());
      tensors.put("labels", PaddedTexts.longs(labels, labels.length));
      return Batch.of(tensors);
    }
  }
}
