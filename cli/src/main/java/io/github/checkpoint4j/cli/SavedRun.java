package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.store.Checkpoint;
import io.github.checkpoint4j.store.CheckpointInfo;
import io.github.checkpoint4j.store.CheckpointStore;
import io.github.checkpoint4j.torch.ResumeFrom;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What the checkpoint that a training goes on from says of it.
 *
 * @param checkpoint the checkpoint
 * @param arguments the arguments it was trained with, by Hugging Face's names; empty if they were
 *     not saved
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
      long maxSteps =
          checkpoint.json("trainer_state.json").find("max_steps").orElse(Json.Null.NULL)
                  instanceof Json.Num number
              ? number.asLong()
              : Long.MAX_VALUE;
      return new SavedRun(
          checkpoint.info(),
          arguments,
          ClassificationTask.in(checkpoint),
          checkpoint.info().step(),
          maxSteps);
    }
  }
}
