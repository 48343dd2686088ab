package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.transformers.LabeledText;
import java.io.IOException;
import java.util.List;

/** The built-in data for a classifier: snippets of film reviews. */
final class Reviews {
  static final List<String> LABELS = List.of("negative", "positive");

  private Reviews() {}

  static List<LabeledText> training() throws IOException {
    return read("reviews-train.tsv");
  }

  static List<LabeledText> evaluation() throws IOException {
    return read("reviews-eval.tsv");
  }

  private static List<LabeledText> read(String name) throws IOException {
    return BuiltInData.read(name, file -> LabeledText.read(file, LABELS));
  }
}
