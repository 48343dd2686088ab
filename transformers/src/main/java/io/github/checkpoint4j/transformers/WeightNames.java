package io.github.checkpoint4j.transformers;

import java.util.List;

/** The parameters that a name in a file may stand for. */
final class WeightNames {
  private static final String BASE = "bert.";

  private WeightNames() {}

  /**
   * The same name, or that of a BERT without a head, or one of before 2019, when a LayerNorm had
   * gamma and beta.
   */
  static List<String> synonyms(String name) {
    String today = renamed(renamed(name, ".gamma", ".weight"), ".beta", ".bias");
    return List.of(today, BASE + today);
  }

  private static String renamed(String name, String from, String to) {
    return name.endsWith("LayerNorm" + from)
        ? name.substring(0, name.length() - from.length()) + to
        : name;
  }
}
