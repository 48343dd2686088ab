package io.github.checkpoint4j.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * The examples of a run as they are in the files.
 *
 * @param <T> an example
 * @param left how many there are for evaluations that are not used
 */
record TaskExamples<T>(List<T> train, List<T> eval, int left) {

  /**
   * Reads them.
   *
   * @param builtInTrain reads the built-in ones for training
   * @param builtInEval reads the built-in ones for evaluations
   * @param reader reads those of a file
   */
  static <T> TaskExamples<T> read(
      TrainingTask task,
      BuiltIn<T> builtInTrain,
      BuiltIn<T> builtInEval,
      BuiltInData.Reader<T> reader)
      throws IOException {
    TaskData data = task.data();
    String builtIn = task.kind().builtIn();
    List<T> train =
        data.train().equals(builtIn) ? builtInTrain.read() : reader.read(Path.of(data.train()));
    List<T> all =
        data.eval().isEmpty()
            ? List.of()
            : data.eval().equals(builtIn) ? builtInEval.read() : reader.read(Path.of(data.eval()));
    List<T> eval = all.subList(0, Math.min(all.size(), data.maxEvalSamples()));
    return new TaskExamples<>(train, eval, all.size() - eval.size());
  }

  /** Reads examples that are built in. */
  interface BuiltIn<T> {
    List<T> read() throws IOException;
  }
}
