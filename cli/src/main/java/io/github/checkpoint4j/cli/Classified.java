package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.format.Json;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * A text and what a classifier made of it.
 *
 * @param scores the probability of each label
 */
record Classified(String text, String label, double score, Map<String, Double> scores) {

  /** Label, score and text, with tabs between. */
  String line() {
    return Printable.of(label)
        + "\t"
        + String.format(Locale.ROOT, "%.4f", score)
        + "\t"
        + Printable.of(text);
  }

  Json json() {
    Map<String, Json> byLabel = new LinkedHashMap<>();
    scores.forEach((name, value) -> byLabel.put(name, Plain.number(value)));
    return Json.object()
        .put("text", text)
        .put("label", label)
        .put("score", Plain.number(score))
        .put("scores", Json.object(byLabel))
        .build();
  }
}
