package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.transformers.TextPair;
import java.io.IOException;
import java.util.List;

/** The built-in data for a model that transcribes: English words and their phonemes. */
final class Pronunciations {
  private Pronunciations() {}

  static List<TextPair> training() throws IOException {
    return BuiltInData.read("pronunciation-train.tsv", TextPair::read);
  }

  static List<TextPair> evaluation() throws IOException {
    return BuiltInData.read("pronunciation-eval.tsv", TextPair::read);
  }
}
