package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.format.Json;

/**
 * The data of a run.
 *
 * @param train the file of the training data, or the name of the built-in one
 * @param eval the file of the evaluation data, the name of the built-in one, or empty
 * @param maxLength the most tokens of a text
 * @param maxEvalSamples the most examples of an evaluation: the first of the file
 */
record TaskData(String train, String eval, int maxLength, int maxEvalSamples) {
  /** Of examples, so many that none is left out. */
  static final int ALL = Integer.MAX_VALUE;

  /**
   * That of a checkpoint's file.
   *
   * @throws IllegalArgumentException if a member is missing or of the wrong kind
   * @throws ArithmeticException if a number is too large
   */
  static TaskData in(Json.Obj json) {
    return new TaskData(
        json.text("train"),
        json.text("eval"),
        Math.toIntExact(json.integer("max_length")),
        json.find("max_eval_samples").orElse(Json.Null.NULL) != Json.Null.NULL
            ? Math.toIntExact(json.integer("max_eval_samples"))
            : ALL);
  }

  void addTo(Json.Builder json) {
    json.put("train", train)
        .put("eval", eval)
        .put("max_length", maxLength)
        .put("max_eval_samples", maxEvalSamples == ALL ? Json.Null.NULL : Json.of(maxEvalSamples));
  }
}
