package io.github.checkpoint4j.cli;

import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What a training reads. */
final class DataOptions {
  @Option(
      names = "--train",
      paramLabel = "FILE",
      description = "Lines of ${bundle:task.line} (the built-in ${bundle:task.data}).")
  @Nullable Path trainFile;

  @Option(
      names = "--eval",
      paramLabel = "FILE",
      description = "The same for evaluations (those of the built-in ${bundle:task.data}).")
  @Nullable Path evalFile;

  @Option(
      names = "--max-length",
      paramLabel = "N",
      description = "The most tokens of a text (${bundle:task.max-length}).")
  @Nullable Integer maxLength;

  @Option(
      names = "--max-eval-samples",
      paramLabel = "N",
      description =
          "The most examples of an evaluation, the first of the file"
              + " (${bundle:task.max-eval-samples}).")
  @Nullable Integer maxEvalSamples;

  /**
   * The data: each as it is given, or else as the run was saved with, or else the default.
   *
   * @throws IllegalArgumentException if a number is out of its range
   */
  TaskData data(TaskKind kind, Optional<TaskData> saved) {
    if (maxEvalSamples != null && maxEvalSamples < 1) {
      throw new IllegalArgumentException(
          "--max-eval-samples is " + maxEvalSamples + "; 1 is the least");
    }
    String train =
        trainFile != null
            ? trainFile.toString()
            : saved.map(TaskData::train).orElse(kind.builtIn());
    return new TaskData(
        train,
        evalFile != null
            ? evalFile.toString()
            : saved.map(TaskData::eval).orElse(train.equals(kind.builtIn()) ? train : ""),
        maxLength != null
            ? maxLength
            : saved.map(TaskData::maxLength).orElse(kind.defaults().maxLength()),
        maxEvalSamples != null
            ? maxEvalSamples
            : saved.map(TaskData::maxEvalSamples).orElse(kind.defaults().maxEvalSamples()));
  }
}
