package io.github.checkpoint4j.transformers;

/** What the members of a config.json have to be, whichever the model. */
final class ConfigRules {
  private ConfigRules() {}

  static void requirePositive(String member, long value) {
    if (value < 1) {
      throw new IllegalArgumentException(member + " " + value + " is not 1 or more");
    }
  }

  static void requireProbability(String member, double value) {
    if (!(value >= 0 && value <= 1)) {
      throw new IllegalArgumentException(member + " " + value + " is not between 0 and 1");
    }
  }

  static void requireNotNegative(String member, double value) {
    if (!(value >= 0)) {
      throw new IllegalArgumentException(member + " " + value + " is not 0 or more");
    }
  }

  static void requireMultiple(String member, long value, String divisor, long of) {
    if (value % of != 0) {
      throw new IllegalArgumentException(
          member + " " + value + " is not a multiple of " + divisor + " " + of);
    }
  }

  /** That a token is one of the vocabulary. */
  static void requireToken(String member, long token, long vocabSize) {
    if (token < 0 || token >= vocabSize) {
      throw new IllegalArgumentException(
          member + " " + token + " is not below vocab_size " + vocabSize);
    }
  }
}
