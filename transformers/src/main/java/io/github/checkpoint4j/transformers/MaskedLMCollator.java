package io.github.checkpoint4j.transformers;

import io.github.checkpoint4j.torch.Batch;
import io.github.checkpoint4j.torch.Collator;
import io.github.checkpoint4j.torch.NativeTensors;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Makes a batch for a model that guesses hidden tokens, as {@code DataCollatorForLanguageModeling}
 * of transformers does: pads to the longest of the batch and chooses tokens of the texts, each with
 * a probability. A chosen token is labelled with itself, and 8 times in 10 the mask is in its
 * place, once in 10 any token of the vocabulary, once itself. Special tokens are never chosen.
 *
 * <p>What is chosen is drawn from libtorch's default generator, the same for one seed as in Python.
 * A {@link io.github.checkpoint4j.torch.RandomState} carries it from a run to the one that goes on
 * with it.
 *
 * @param probability of a token to be chosen; 0.15 is usual
 */
public record MaskedLMCollator(Tokenizer tokenizer, double probability)
    implements Collator<Encoding> {
  private static final double MASKED = 0.8;
  private static final double REPLACED = 0.1;

  /**
   * Checks the probability and the tokenizer.
   *
   * @throws IllegalArgumentException if the probability is not between 0 and 1
   * @throws IllegalStateException if the tokenizer has no mask or no padding token
   */
  public MaskedLMCollator {
    if (!(probability >= 0 && probability <= 1)) {
      throw new IllegalArgumentException(
          "tokens are chosen with a probability of " + probability + "; expected one from 0 to 1");
    }
    tokenizer.requireId(SpecialToken.MASK);
    tokenizer.requireId(SpecialToken.PAD);
  }

  /**
   * {@code input_ids}, {@code token_type_ids}, {@code attention_mask} and {@code labels}, each
   * int64 [texts, length]. The label of a token that was not chosen is -100.
   */
  @Override
  public Batch collate(List<Encoding> examples) {
    try (var _ = new PointerScope()) {
      Map<String, Tensor> tensors = PaddedTexts.tensors(examples, tokenizer.padId());
      Tensor inputs =
          PaddedTexts.padded(examples.stream().map(Encoding::ids).toList(), tokenizer.padId());
      Tensor special =
          PaddedTexts.padded(examples.stream().map(Encoding::specialTokensMask).toList(), 1);
      long[] shape = inputs.shape();
      long[] ids = longs(inputs);
      long[] labels = new long[ids.length];
      Arrays.fill(labels, CausalLMCollator.NO_LABEL);
      // In the order of torch_mask_tokens, and for every place, chosen or not.
      float[] probabilities = filled(ids.length, probability);
      long[] specialTokens = longs(special);
      for (int i = 0; i < ids.length; i++) {
        probabilities[i] *= 1 - specialTokens[i];
      }
      float[] chosen = bernoulli(probabilities, shape);
      float[] hidden = bernoulli(filled(ids.length, MASKED), shape);
      float[] replaced = bernoulli(filled(ids.length, REPLACED / (1 - MASKED)), shape);
      long[] words = randomTokens(shape);
      long mask = tokenizer.requireId(SpecialToken.MASK);
      for (int i = 0; i < ids.length; i++) {
        if (chosen[i] == 1) {
          labels[i] = ids[i];
          ids[i] = hidden[i] == 1 ? mask : replaced[i] == 1 ? words[i] : ids[i];
        }
      }
      tensors.put("input_ids", PaddedTexts.longs(ids, shape));
      tensors.put("labels", PaddedTexts.longs(labels, shape));
      return Batch.of(tensors);
    }
  }

  /** 1 at each place with its probability, and 0 otherwise. */
  private static float[] bernoulli(float[] probabilities, long[] shape) {
    var ofPlaces = io.github.checkpoint4j.state.Tensor.ofFloats(probabilities, shape);
    return NativeTensors.view(torch.bernoulli(NativeTensors.copyOf(ofPlaces))).toFloats();
  }

  private long[] randomTokens(long[] shape) {
    var options = new TensorOptions(ScalarType.Long);
    return longs(torch.randint(tokenizer.vocabularySize(), shape, options));
  }

  private static float[] filled(int length, double value) {
    float[] values = new float[length];
    Arrays.fill(values, (float) value);
    return values;
  }

  private static long[] longs(Tensor tensor) {
    return NativeTensors.view(tensor).toLongs();
  }
}
