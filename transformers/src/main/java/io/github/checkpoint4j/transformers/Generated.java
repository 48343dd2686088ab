package io.github.checkpoint4j.transformers;

import java.util.List;

/**
 * A text that was written.
 *
 * @param prompt which of the prompts it continues, from 0
 * @param tokens the tokens after the prompt; the last is the one that ends a text, if it came to
 *     that
 * @param score of beam search the sum of the tokens' logarithmic probabilities by length to the
 *     power of {@code lengthPenalty}; NaN otherwise
 */
public record Generated(int prompt, List<Long> tokens, double score) {
  public Generated {
    tokens = List.copyOf(tokens);
  }
}
