package io.github.checkpoint4j.transformers;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Function;

/** Texts as a language model is trained on them. */
public final class LanguageModelTexts {
  private LanguageModelTexts() {}

  /**
   * For a model that goes on with a text: each text with the special tokens around it, and {@code
   * eos} at its end if the tokenizer has that and did not put it there.
   *
   * @param maxLength the most tokens of a text, special tokens counted; the rest is cut off, {@code
   *     eos} with it
   * @throws IllegalArgumentException if {@code maxLength} leaves no room for a token
   */
  public static List<Encoding> causal(Tokenizer tokenizer, List<String> texts, int maxLength) {
    Tokenizer.requireMaxLength(maxLength);
    OptionalLong eos = tokenizer.id(SpecialToken.EOS);
    return texts.stream().map(text -> cut(ended(tokenizer.encode(text), eos), maxLength)).toList();
  }

  /**
   * For a model that guesses hidden tokens: each text with the special tokens around it.
   *
   * @param maxLength the most tokens of a text, special tokens counted; the rest is cut off
   * @throws IllegalArgumentException if {@code maxLength} leaves no room for a token
   */
  public static List<Encoding> masked(Tokenizer tokenizer, List<String> texts, int maxLength) {
    Tokenizer.requireMaxLength(maxLength);
    return texts.stream().map(text -> tokenizer.encode(text, maxLength)).toList();
  }

  /**
   * All texts one after the other, in blocks of one length, so that nothing has to be padded: what
   * {@code group_texts} of transformers' {@code run_clm.py} and {@code run_mlm.py} makes of texts
   * that it is given at once. What does not fill the last block is left out.
   *
   * @param blockLength the tokens of a block
   * @throws IllegalArgumentException if it is below 1, or the texts do not fill one block
   */
  public static List<Encoding> packed(List<Encoding> texts, int blockLength) {
    if (blockLength < 1) {
      throw new IllegalArgumentException("a block of " + blockLength + " tokens; 1 is the least");
    }
    long[] ids = joined(texts, Encoding::ids);
    long[] typeIds = joined(texts, Encoding::typeIds);
    long[] special = joined(texts, Encoding::specialTokensMask);
    if (ids.length < blockLength) {
      throw new IllegalArgumentException(
          "%d tokens do not fill one block of %d; give more texts, or a shorter block"
              .formatted(ids.length, blockLength));
    }
    List<Encoding> blocks = new ArrayList<>(ids.length / blockLength);
    for (int start = 0; start <= ids.length - blockLength; start += blockLength) {
      int end = start + blockLength;
      blocks.add(
          new Encoding(
              Arrays.copyOfRange(ids, start, end),
              Arrays.copyOfRange(typeIds, start, end),
              Arrays.copyOfRange(special, start, end)));
    }
    return List.copyOf(blocks);
  }

  private static Encoding ended(Encoding encoding, OptionalLong eos) {
    long[] ids = encoding.ids();
    if (eos.isEmpty() || (ids.length > 0 && ids[ids.length - 1] == eos.getAsLong())) {
      return encoding;
    }
    return new Encoding(
        appended(ids, eos.getAsLong()),
        appended(encoding.typeIds(), 0),
        appended(encoding.specialTokensMask(), 1));
  }

  private static Encoding cut(Encoding encoding, int maxLength) {
    if (encoding.length() <= maxLength) {
      return encoding;
    }
    return new Encoding(
        Arrays.copyOf(encoding.ids(), maxLength),
        Arrays.copyOf(encoding.typeIds(), maxLength),
        Arrays.copyOf(encoding.specialTokensMask(), maxLength));
  }

  private static long[] appended(long[] values, long value) {
    long[] longer = Arrays.copyOf(values, values.length + 1);
    longer[values.length] = value;
    return longer;
  }

  private static long[] joined(List<Encoding> texts, Function<Encoding, long[]> values) {
    return texts.stream().flatMapToLong(text -> Arrays.stream(values.apply(text))).toArray();
  }
}
