package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.format.Json;
import java.util.List;
import java.util.stream.Stream;

/**
 * What a GPT-2 is trained on.
 *
 * @param model {@value NewModel#NAME}, or the directory or file of a pretrained one
 * @param made what a new one is made with
 * @param packing whether texts are put one after the other into blocks of {@code maxLength}
 */
record LanguageModelTask(
    String model, TaskData data, NewModel made, boolean packing, TransferLearning transfer)
    implements TrainingTask {

  static LanguageModelTask of(Json.Obj json) {
    return new LanguageModelTask(
        json.text("model"),
        TaskData.in(json),
        NewModel.in(json),
        json.bool("packing"),
        TransferLearning.in(json));
  }

  @Override
  public TaskKind kind() {
    return TaskKind.LM;
  }

  @Override
  public void addOwn(Json.Builder json) {
    made.addTo(json);
    json.put("packing", packing);
  }

  @Override
  public List<String> kept() {
    return Stream.concat(TrainingTask.super.kept().stream(), NewModel.MEMBERS.stream()).toList();
  }
}
