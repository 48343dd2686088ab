package io.github.checkpoint4j.transformers;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * How well texts are made of others, gathered text by text: words that are transcribed into
 * phonemes, or any texts, of which characters are compared.
 */
public final class TranscriptionMetrics {
  private final String unit;
  private final Function<String, List<String>> split;
  private long texts;
  private long exact;
  private long units;
  private long edits;

  /** Metrics of phonemes, which have spaces between them. */
  public TranscriptionMetrics() {
    this("phoneme", TranscriptionMetrics::phonemes);
  }

  private TranscriptionMetrics(String unit, Function<String, List<String>> split) {
    this.unit = unit;
    this.split = split;
  }

  /** Metrics of characters, which are code points. */
  public static TranscriptionMetrics ofCharacters() {
    return new TranscriptionMetrics(
        "character", text -> text.codePoints().mapToObj(Character::toString).toList());
  }

  /**
   * Counts a text.
   *
   * @param predicted what was made
   * @param expected what would have been right
   */
  public void add(String predicted, String expected) {
    List<String> predictions = split.apply(predicted);
    List<String> references = split.apply(expected);
    texts++;
    exact += predictions.equals(references) ? 1 : 0;
    units += references.size();
    edits += EditDistance.between(predictions, references);
  }

  /**
   * Counts a text as a model is trained on it and generates it.
   *
   * @param predicted token ids; special tokens and -100, which fills up shorter texts, do not count
   * @param labels the same
   */
  public void add(Tokenizer tokenizer, long[] predicted, long[] labels) {
    add(decoded(tokenizer, predicted), decoded(tokenizer, labels));
  }

  /**
   * {@code phoneme_error_rate} or {@code character_error_rate}: those that have to be inserted,
   * deleted and substituted, of all texts together, for each that was expected; 0 is best, and
   * above 1 is possible. And {@code exact_match}: the share of texts without an error.
   *
   * @throws IllegalStateException if none was expected
   */
  public Map<String, Double> result() {
    if (units == 0) {
      throw new IllegalStateException(
          "no %ss were expected in %d texts; add texts that have some".formatted(unit, texts));
    }
    Map<String, Double> result = new LinkedHashMap<>();
    result.put(unit + "_error_rate", (double) edits / units);
    result.put("exact_match", (double) exact / texts);
    return result;
  }

  private static String decoded(Tokenizer tokenizer, long[] ids) {
    long[] tokens = LongStream.of(ids).filter(id -> id != CausalLMCollator.NO_LABEL).toArray();
    return tokenizer.decode(tokens, true);
  }

  private static List<String> phonemes(String text) {
    return Stream.of(text.split("\\s+")).filter(phoneme -> !phoneme.isEmpty()).toList();
  }
}
