package io.github.checkpoint4j.transformers;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/** How well words are transcribed into phonemes, gathered word by word. */
public final class TranscriptionMetrics {
  private long words;
  private long exact;
  private long phonemes;
  private long edits;

  /**
   * Counts a word.
   *
   * @param predicted phonemes with spaces between them
   * @param expected the same
   */
  public void add(String predicted, String expected) {
    List<String> predictions = phonemes(predicted);
    List<String> references = phonemes(expected);
    words++;
    exact += predictions.equals(references) ? 1 : 0;
    phonemes += references.size();
    edits += EditDistance.between(predictions, references);
  }

  /**
   * Counts a word as a model is trained on it and generates it.
   *
   * @param predicted token ids; special tokens and -100, which fills up shorter words, do not count
   * @param labels the same
   */
  public void add(Tokenizer tokenizer, long[] predicted, long[] labels) {
    add(decoded(tokenizer, predicted), decoded(tokenizer, labels));
  }

  /**
   * {@code phoneme_error_rate}: the phonemes that have to be inserted, deleted and substituted, of
   * all words together, for each that was expected; 0 is best, and above 1 is possible. And {@code
   * exact_match}: the share of words without an error.
   *
   * @throws IllegalStateException if no phoneme was expected
   */
  public Map<String, Double> result() {
    if (phonemes == 0) {
      throw new IllegalStateException(
          "no phonemes were expected in " + words + " words; add words that have some");
    }
    Map<String, Double> result = new LinkedHashMap<>();
    result.put("phoneme_error_rate", (double) edits / phonemes);
    result.put("exact_match", (double) exact / words);
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
