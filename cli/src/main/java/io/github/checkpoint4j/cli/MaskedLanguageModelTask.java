package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.format.Json;

/**
 * What a BERT is pre-trained on.
 *
 * @param maskProbability of a token to be hidden, in training and in evaluations
 */
record MaskedLanguageModelTask(
    String model, TaskData data, double maskProbability, TransferLearning transfer)
    implements TrainingTask {
  static final double MASK_PROBABILITY = 0.15;

  static MaskedLanguageModelTask of(Json.Obj json) {
    return new MaskedLanguageModelTask(
        json.text("model"),
        TaskData.in(json),
        json.real("mask_probability"),
        TransferLearning.in(json));
  }

  @Override
  public TaskKind kind() {
    return TaskKind.MLM;
  }

  @Override
  public void addOwn(Json.Builder json) {
    json.put("mask_probability", maskProbability);
  }
}
