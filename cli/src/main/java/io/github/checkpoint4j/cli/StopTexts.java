package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.transformers.StopCondition;
import io.github.checkpoint4j.transformers.Tokenizer;
import java.util.Arrays;
import java.util.List;

/**
 * Texts each of which ends what is written, as {@code stop_strings} of transformers do: it is the
 * end of the text.
 */
record StopTexts(List<String> stops, Tokenizer tokenizer) implements StopCondition {
  /**
   * Checks them.
   *
   * @throws IllegalArgumentException if one is empty
   */
  StopTexts {
    stops = List.copyOf(stops);
    if (stops.contains("")) {
      throw new IllegalArgumentException("--stop is empty; give a text that ends what is written");
    }
  }

  @Override
  public boolean isComplete(int prompt, long[] tokens, int length) {
    if (stops.isEmpty()) {
      return false;
    }
    String text = tokenizer.decode(Arrays.copyOfRange(tokens, prompt, length), true);
    return stops.stream().anyMatch(text::contains);
  }

  /** The text without what a last token has after the first stop. */
  String cut(String text) {
    int end = text.length();
    for (String stop : stops) {
      int start = text.indexOf(stop);
      end = start < 0 ? end : Math.min(end, start + stop.length());
    }
    return text.substring(0, end);
  }
}
