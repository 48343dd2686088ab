package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.store.Checkpoint;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a run is trained on. It is saved with each checkpoint, as {@value #FILE}, so that a training
 * that goes on and a use of the model know it.
 */
sealed interface TrainingTask
    permits ClassificationTask, LanguageModelTask, MaskedLanguageModelTask, Seq2SeqTask {
  String FILE = "ckpt_task.json";

  /** What kind of task it is. */
  TaskKind kind();

  /** The name, directory or file of the model that the run began with. */
  String model();

  TaskData data();

  /** How a pretrained model is taken over. */
  TransferLearning transfer();

  /** What evaluations measure, without {@code eval_}; the first tells the best. */
  default List<String> metrics() {
    return kind().metrics();
  }

  /** Adds what this kind of task alone has. */
  void addOwn(Json.Builder json);

  /**
   * Those members of {@link #json} that a checkpoint decides: they are in its weights and its
   * tokenizer.
   */
  default List<String> kept() {
    return List.of("model", "rename");
  }

  /** The content of the file. */
  default Json.Obj json() {
    Json.Builder json = Json.object().put("task", kind().verb()).put("model", model());
    data().addTo(json);
    addOwn(json);
    transfer().addTo(json);
    return json.build();
  }

  /** This with what the checkpoint of a run decides as it was {@code before}. */
  default TrainingTask keeping(TrainingTask before) {
    Map<String, Json> members = new LinkedHashMap<>(json().members());
    for (String name : kept()) {
      before.json().find(name).ifPresent(value -> members.put(name, value));
    }
    return of(Json.object(members));
  }

  /**
   * The task of a file's content.
   *
   * @throws IllegalArgumentException if a member is missing, or not what it should be
   * @throws ArithmeticException if a number is too large
   */
  static TrainingTask of(Json.Obj json) {
    return switch (TaskKind.of(json.text("task"))) {
      case CLASSIFY -> ClassificationTask.of(json);
      case LM -> LanguageModelTask.of(json);
      case SEQ2SEQ -> Seq2SeqTask.of(json);
      case MLM -> MaskedLanguageModelTask.of(json);
    };
  }

  /** That of a checkpoint; empty if it was not made by {@code ckpt train}. */
  static Optional<TrainingTask> in(Checkpoint checkpoint) throws IOException {
    if (!checkpoint.files().contains(FILE)) {
      return Optional.empty();
    }
    try {
      return Optional.of(of(checkpoint.json(FILE)));
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw new CorruptFileException(
          checkpoint.info().directory().resolve(FILE) + ": " + e.getMessage(), e);
    }
  }
}
