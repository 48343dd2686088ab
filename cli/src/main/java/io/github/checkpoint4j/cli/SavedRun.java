package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.store.Checkpoint;
import io.github.checkpoint4j.store.CheckpointInfo;
import io.github.checkpoint4j.store.CheckpointStore;
import io.github.checkpoint4j.torch.ResumeFrom;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the checkpoint that a training goes on from says of it.
 *
 * @param checkpoint the checkpoint
 * @param arguments the arguments it was trained with, those of its early stopping among them, by
 *     Hugging Face's names; empty if they were not saved
 * @param task empty if it was not saved
 * @param steps the steps done
 * @param maxSteps the steps there were to be in all
 */
record SavedRun(
    CheckpointInfo checkpoint,
    Json.Obj arguments,
    Optional<ClassificationTask> task,
    long steps,
    long maxSteps) {
  private static final String ARGUMENTS = "training_args.json";
  private static final Json.Obj NONE = Json.object().build();

  /**
   * Looks for it as the trainer will; empty if the training begins anew.
   *
   * @throws IOException if the checkpoint cannot be read
   */
  static Optional<SavedRun> find(Path output, ResumeFrom from) throws IOException {
    return switch (from) {
      case ResumeFrom.Never _ -> Optional.empty();
      case ResumeFrom.Checkpoint(Path directory) -> Optional.of(read(directory));
      case ResumeFrom.Auto _ -> {
        if (!Files.isDirectory(output)) {
          yield Optional.empty();
        }
        try (CheckpointStore store = CheckpointStore.readOnly(output)) {
          Optional<CheckpointInfo> latest = new Checkpoints(store.list()).latest();
          yield latest.isEmpty() ? Optional.empty() : Optional.of(read(latest.get().directory()));
        }
      }
    };
  }

  private static SavedRun read(Path directory) throws IOException {
    try (Checkpoint checkpoint = Checkpoint.open(directory)) {
      Json.Obj arguments =
          checkpoint.files().contains(ARGUMENTS)
              ? checkpoint.json(ARGUMENTS)
              : Json.object().build();
      Json.Obj state = checkpoint.json("trainer_state.json");
      long maxSteps =
          state.find("max_steps").orElse(Json.Null.NULL) instanceof Json.Num number
              ? number.asLong()
              : Long.MAX_VALUE;
      return new SavedRun(
          checkpoint.info(),
          with(earlyStopping(state), arguments),
          ClassificationTask.in(checkpoint),
          checkpoint.info().step(),
          maxSteps);
    }
  }

  /** What the run's early stopping was made with; empty if it has none. */
  private static Json.Obj earlyStopping(Json.Obj state) {
    Json found = state;
    for (String name : List.of("stateful_callbacks", "EarlyStoppingCallback", "args")) {
      found = found instanceof Json.Obj object ? object.find(name).orElse(NONE) : NONE;
    }
    return found instanceof Json.Obj args ? args : NONE;
  }

  private static Json.Obj with(Json.Obj more, Json.Obj arguments) {
    Map<String, Json> all = new LinkedHashMap<>(arguments.members());
    all.putAll(more.members());
    return Json.object(all);
  }
}
