package io.github.checkpoint4j.transformers;

import java.util.Arrays;
import java.util.function.Consumer;

/** A word in the training of a byte-pair encoding: the tokens it is made of so far. */
final class Word {
  private final long count;
  private int[] tokens;

  /**
   * @param tokens the ids of its characters
   * @param count how often the word is there
   */
  Word(int[] tokens, long count) {
    this.tokens = tokens;
    this.count = count;
  }

  /** Is told that a pair is there more or less often. */
  interface Change {
    void apply(BytePairTraining.Pair pair, long change);
  }

  long count() {
    return count;
  }

  void forEachPair(Consumer<BytePairTraining.Pair> action) {
    for (int i = 1; i < tokens.length; i++) {
      action.accept(pair(tokens[i - 1], tokens[i]));
    }
  }

  /**
   * Puts one token in place of each pair, from the left, and tells of the pairs that were beside it
   * and that are there instead.
   */
  void merge(BytePairTraining.Pair pair, int merged, Change changes) {
    int[] result = new int[tokens.length];
    int length = 0;
    int next = 0;
    while (next < tokens.length) {
      boolean found =
          next + 1 < tokens.length
              && tokens[next] == pair.left()
              && tokens[next + 1] == pair.right();
      if (!found) {
        result[length++] = tokens[next++];
        continue;
      }
      next += 2;
      if (length > 0) {
        changes.apply(pair(result[length - 1], pair.left()), -1);
        changes.apply(pair(result[length - 1], merged), 1);
      }
      result[length++] = merged;
      if (next < tokens.length) {
        changes.apply(pair(pair.right(), tokens[next]), -1);
        changes.apply(pair(merged, tokens[next]), 1);
      }
    }
    tokens = Arrays.copyOf(result, length);
  }

  private static BytePairTraining.Pair pair(int left, int right) {
    return new BytePairTraining.Pair(left, right);
  }
}
