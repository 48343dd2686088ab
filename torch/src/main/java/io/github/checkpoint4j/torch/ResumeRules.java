package io.github.checkpoint4j.torch;

import io.github.checkpoint4j.store.Checkpoint;
import io.github.checkpoint4j.store.CheckpointInfo;
import io.github.checkpoint4j.store.TrainerLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** What a checkpoint, and the run's directory, have to satisfy for a training to go on. */
final class ResumeRules {
  /** What each of several processes saves in place of {@code rng_state.pth}. */
  private static final Pattern OF_A_PROCESS = Pattern.compile("rng_state_[0-9]+\\.pth");

  private static final String WEIGHTS_ALONE =
      "begin a new run from its weights in another output directory";

  private ResumeRules() {}

  static void requireThere(Path directory, List<CheckpointInfo> present) {
    if (!Files.isDirectory(directory)) {
      String names = present.stream().map(CheckpointInfo::name).collect(Collectors.joining(", "));
      throw new IllegalArgumentException(
          "there is no checkpoint %s to go on from; %s"
              .formatted(
                  directory,
                  names.isEmpty() ? "nor any in the output directory" : "there are " + names));
    }
  }

  static void requireAny(Path output, List<CheckpointInfo> present) {
    if (present.isEmpty()) {
      throw new IllegalArgumentException(
          "there is no checkpoint in %s to go on from; with resumeFromCheckpoint auto the run begins"
                  .formatted(output)
              + " from the start");
    }
  }

  static void requireNone(Path output, List<CheckpointInfo> present, String purpose) {
    if (!present.isEmpty()) {
      throw new IllegalArgumentException(
          ("%s has checkpoints already, the newest is %s: %s, choose another output directory or"
                  + " move them away; or go on from the newest with resumeFromCheckpoint auto")
              .formatted(output, present.getLast().name(), purpose));
    }
  }

  static void requireWholeState(TrainingArguments arguments, CheckpointInfo checkpoint) {
    if (arguments.saveOnlyModel()) {
      throw new IllegalArgumentException(
          ("saveOnlyModel leaves the optimizer out of the checkpoints, so the run in %s cannot go on"
                  + " from %s: choose another output directory, or do without saveOnlyModel")
              .formatted(arguments.outputDir(), checkpoint.name()));
    }
  }

  /** The random numbers and the data of several processes cannot be gone on with in one. */
  static void requireOneProcess(Checkpoint checkpoint) {
    checkpoint.files().stream()
        .filter(file -> OF_A_PROCESS.matcher(file).matches())
        .findFirst()
        .ifPresent(
            file -> {
              throw new IllegalArgumentException(
                  "%s has %s, so it is of a run in several processes, which one process cannot go on"
                          .formatted(checkpoint.info().directory(), file)
                      + " with: "
                      + WEIGHTS_ALONE);
            });
  }

  /** A checkpoint that was asked for has to have all that goes into one. */
  static void requireParts(Checkpoint checkpoint, Collection<String> components) {
    List<String> missing =
        components.stream()
            .filter(component -> !checkpoint.contains(component))
            .map(TrainerLayout::file)
            .toList();
    if (!missing.isEmpty()) {
      throw new IllegalArgumentException(
          "%s has no %s, without which the run cannot go on as it was: go on from another checkpoint,"
                  .formatted(checkpoint.info().directory(), String.join(" and no ", missing))
              + " or "
              + WEIGHTS_ALONE);
    }
  }
}
