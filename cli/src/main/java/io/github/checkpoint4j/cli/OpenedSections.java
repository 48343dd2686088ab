package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.store.Checkpoint;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * The parts of a file or checkpoint, which is open as long as they are compared.
 *
 * @param sections in order
 */
record OpenedSections(List<Section> sections, Runnable closing) implements AutoCloseable {

  /**
   * Opens it.
   *
   * @throws RefusedException if it is a run
   */
  static OpenedSections at(Path path) throws IOException {
    return switch (Inspected.at(path)) {
      case FILE -> {
        OpenedFile file = OpenedFile.at(path);
        yield opened(() -> Section.of(file), file::close);
      }
      case CHECKPOINT -> {
        Checkpoint checkpoint = Checkpoint.open(path);
        yield opened(() -> Section.of(checkpoint), checkpoint::close);
      }
      case RUN ->
          throw new RefusedException(
              path + " is a run of several checkpoints; give one of those that ckpt ls lists");
    };
  }

  private interface Reading {
    List<Section> read() throws IOException;
  }

  private static OpenedSections opened(Reading reading, Runnable closing) throws IOException {
    try {
      return new OpenedSections(reading.read(), closing);
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
