package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.store.Checkpoint;
import io.github.checkpoint4j.store.CheckpointInfo;
import io.github.checkpoint4j.store.CheckpointStore;
import io.github.checkpoint4j.torch.ResumeFrom;
import io.github.checkpoint4j.torch.SavedArguments;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What the checkpoint that a training goes on from says of it.
 *
 * @param checkpoint the checkpoint
 * @param arguments the arguments it was trained with, by Hugging Face's names, as far as they are
 *     supported; empty if they were not saved
 * @param earlyStopping what its early stopping was made with; empty if it has none
 * @param task empty if it was not saved
 * @param steps the steps done
 * @param maxSteps the steps there were to be in all
 */
record SavedRun(
    CheckpointInfo checkpoint,
    Json.Obj arguments,
    Json.Obj earlyStopping,
    Optional<TrainingTask> task,
    long steps,
    long maxSteps) {
  private static final Json.Obj NONE = Json.object().build();

  /**
   * Looks for it as the trainer will; empty if the training begins anew.
   *
   * @throws IllegalArgumentException if the run cannot go on here; the message says why
   * @throws IOException if the checkpoint cannot be read
   */
  static Optional<SavedRun> find(Path output, ResumeFrom from) throws IOException {
    return switch (from) {
      case ResumeFrom.Never _ -> Optional.empty();
      case ResumeFrom.Checkpoint(Path directory) -> Optional.of(read(directory));
      case ResumeFrom.Auto _, ResumeFrom.Newest _ -> {
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
      SavedArguments arguments = SavedArguments.in(checkpoint);
      arguments.requireResumable();
      Json.Obj state = checkpoint.json("trainer_state.json");
      long maxSteps =
          state.find("max_steps").orElse(Json.Null.NULL) instanceof Json.Num number
              ? number.asLong()
              : Long.MAX_VALUE;
      return new SavedRun(
          checkpoint.info(),
          arguments.supported(),
          earlyStopping(state),
          TrainingTask.in(checkpoint),
          checkpoint.info().step(),
          maxSteps);
    }
  }

  private static Json.Obj earlyStopping(Json.Obj state) {
    Json found = state;
    for (String name : List.of("stateful_callbacks", "EarlyStoppingCallback", "args")) {
      found = found instanceof Json.Obj object ? object.find(name).orElse(NONE) : NONE;
    }
    return found instanceof Json.Obj args ? args : NONE;
  }
}
