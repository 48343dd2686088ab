package io.github.checkpoint4j.cli;

import java.io.IOException;
import java.util.Optional;

/**
 * A task whose examples are read, and whose model is not made yet.
 *
 * @param <T> an example of the trainer's
 */
interface Preparation<T> {
  /** The examples as they were read. */
  TaskExamples<?> examples();

  /**
   * Makes the model; random weights are drawn from libtorch's default generator.
   *
   * @param run the run that goes on
   */
  TaskParts<T> parts(Optional<SavedRun> run) throws IOException;
}
