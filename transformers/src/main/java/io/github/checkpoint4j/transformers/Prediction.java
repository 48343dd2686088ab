package io.github.checkpoint4j.transformers;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a classifier makes of a text.
 *
 * @param label the label with the highest score
 * @param score its score
 * @param scores the score of each label, in the model's order: probabilities, or the numbers
 *     themselves in regression
 */
public record Prediction(String label, double score, Map<String, Double> scores) {
  public Prediction {
    scores = Collections.unmodifiableMap(new LinkedHashMap<>(scores));
  }
}
