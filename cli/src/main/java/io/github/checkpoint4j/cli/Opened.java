package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.store.Checkpoint;
import java.io.IOException;
import java.nio.file.Path;

/**
 * What was read of a file or a checkpoint, with its tensors, which are windows on the file: valid
 * until {@link #close}.
 */
record Opened<T>(T content, Runnable closing) implements AutoCloseable {

  /** Reads something of what is open. */
  @FunctionalInterface
  interface Reading<S, T> {
    T of(S source) throws IOException;
  }

  /**
   * Opens what is at {@code path}.
   *
   * @throws RefusedException if it is a run
   */
  static <T> Opened<T> at(
      Path path, Reading<OpenedFile, T> ofFile, Reading<Checkpoint, T> ofCheckpoint)
      throws IOException {
    return switch (Inspected.at(path)) {
      case FILE -> {
        OpenedFile file = OpenedFile.at(path);
        yield opened(file, ofFile, file::close);
      }
      case CHECKPOINT -> {
        Checkpoint checkpoint = Checkpoint.open(path);
        yield opened(checkpoint, ofCheckpoint, checkpoint::close);
      }
      case RUN ->
          throw new RefusedException(
              path + " is a run of several checkpoints; give one of those that ckpt ls lists");
    };
  }

  private static <S, T> Opened<T> opened(S source, Reading<S, T> reading, Runnable closing)
      throws IOException {
    try {
      return new Opened<>(reading.of(source), closing);
    } catch (IOException | RuntimeException e) {
      closing.run();
      throw e;
    }
  }

  @Override
  public void close() {
    closing.run();
  }
}
