package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.format.Json;

/** What a classifier is trained on. */
record ClassificationTask(String model, TaskData data, TransferLearning transfer)
    implements TrainingTask {
  static final String MINI_LM = "minilm";

  static ClassificationTask of(Json.Obj json) {
    return new ClassificationTask(json.text("model"), TaskData.in(json), TransferLearning.in(json));
  }

  @Override
  public TaskKind kind() {
    return TaskKind.CLASSIFY;
  }

  @Override
  public void addOwn(Json.Builder json) {
    // It has no more than every task.
  }

  /** Its tokenizer is that of the model named now, wherever that is. */
  @Override
  public TrainingTask keeping(TrainingTask before) {
    return this;
  }
}
