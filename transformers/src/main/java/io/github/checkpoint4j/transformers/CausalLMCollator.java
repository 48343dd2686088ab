package io.github.checkpoint4j.transformers;

import io.github.checkpoint4j.torch.Batch;
import io.github.checkpoint4j.torch.Collator;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/**
 * Makes a batch for a model that goes on with a text, as {@code
 * DataCollatorForLanguageModeling(mlm=False)} of transformers does: pads to the longest of the
 * batch, and labels each token with itself. The model compares its guess with the label one place
 * later.
 *
 * <p>As there, a token that pads has no label even in a text: a tokenizer that pads with {@code
 * eos} teaches a model nothing of where a text ends.
 *
 * @param tokenizer whose padding token is used; it needs none if the texts of a batch are of one
 *     length
 */
public record CausalLMCollator(Tokenizer tokenizer) implements Collator<Encoding> {
  /** The label of a token that does not count. */
  static final long NO_LABEL = -100;

  /**
   * {@code input_ids}, {@code attention_mask} and {@code labels}, each int64 [texts, length].
   *
   * @throws IllegalStateException if the lengths differ and the tokenizer has no padding token
   */
  @Override
  public Batch collate(List<Encoding> examples) {
    List<long[]> ids = examples.stream().map(Encoding::ids).toList();
    boolean oneLength = ids.stream().mapToInt(row -> row.length).distinct().count() == 1;
    // Of one length there is nothing to fill up, and no id is equal to that of no label.
    long padding = oneLength ? tokenizer.id(SpecialToken.PAD).orElse(NO_LABEL) : tokenizer.padId();
    List<long[]> labels =
        ids.stream()
            .map(row -> Arrays.stream(row).map(id -> id == padding ? NO_LABEL : id).toArray())
            .toList();
    try (var _ = new PointerScope()) {
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      tensors.put("input_ids", PaddedTexts.padded(ids, padding));
      tensors.put("attention_mask", PaddedTexts.attentionMask(ids));
      tensors.put("labels", PaddedTexts.padded(labels, NO_LABEL));
      return Batch.of(tensors);
    }
  }
}
