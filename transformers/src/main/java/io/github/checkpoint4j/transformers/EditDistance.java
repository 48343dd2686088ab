package io.github.checkpoint4j.transformers;

import java.util.List;

/** How much two sequences differ. */
final class EditDistance {
  private EditDistance() {}

  /**
   * The least number of insertions, deletions and substitutions of one symbol that make one
   * sequence of the other: Levenshtein's distance.
   */
  static long between(List<String> first, List<String> second) {
    // One row of the table: the distances of a beginning of the first to each of the second.
    long[] distances = new long[second.size() + 1];
    for (int j = 0; j <= second.size(); j++) {
      distances[j] = j;
    }
    for (int i = 1; i <= first.size(); i++) {
      long diagonal = distances[0];
      distances[0] = i;
      for (int j = 1; j <= second.size(); j++) {
        long substituted = diagonal + (first.get(i - 1).equals(second.get(j - 1)) ? 0 : 1);
        diagonal = distances[j];
        distances[j] = Math.min(substituted, Math.min(distances[j], distances[j - 1]) + 1);
      }
    }
    return distances[second.size()];
  }
}
