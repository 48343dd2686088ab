package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.transformers.TextFile;
import java.io.IOException;
import java.util.List;

/** The built-in data for a language model: poems of the Tang dynasty. */
final class Poems {
  private Poems() {}

  static List<String> training() throws IOException {
    return BuiltInData.read("poems-train.txt", TextFile::lines);
  }

  static List<String> evaluation() throws IOException {
    return BuiltInData.read("poems-eval.txt", TextFile::lines);
  }
}
