package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.format.UnsupportedFeatureException;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.store.Checkpoint;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

/**
 * The tensors of a file, or of the model in a checkpoint's directory, which are open until {@link
 * #close}.
 *
 * @param tensors in order; the value of each is a {@link Tensor}
 */
record TensorSource(Path path, List<StateEntry> tensors, Runnable closing)
    implements AutoCloseable {

  /**
   * Opens them.
   *
   * @throws RefusedException if it is a run
   * @throws UnsupportedFeatureException if it is of a format that is not read here
   */
  static TensorSource at(Path path) throws IOException {
    return switch (Inspected.at(path)) {
      case FILE -> {
        OpenedFile file = OpenedFile.at(path);
        yield opened(path, () -> file.contents().tensors(), file::close);
      }
      case CHECKPOINT -> {
        Checkpoint checkpoint = Checkpoint.open(path);
        yield opened(path, () -> Tensors.model(checkpoint), checkpoint::close);
      }
      case RUN ->
          throw new RefusedException(
              path + " is a run of several checkpoints; give one of those that ckpt ls lists");
    };
  }

  private interface Reading {
    List<StateEntry> read() throws IOException;
  }

  private static TensorSource opened(Path path, Reading reading, Runnable closing)
      throws IOException {
    try {
      return new TensorSource(path, reading.read(), closing);
    } catch (IOException | RuntimeException e) {
      closing.run();
      throw e;
    }
  }

  /**
   * The tensor of this name.
   *
   * @throws NoSuchFileException if there is none
   */
  Tensor named(String name) throws NoSuchFileException {
    for (StateEntry entry : tensors) {
      if (entry.name().equals(name) && entry.value() instanceof Tensor tensor) {
        return tensor;
      }
    }
    throw new NoSuchFileException(
        path.toString(),
        null,
        "there is no tensor '" + name + "'; ckpt tensors lists those there are");
  }

  @Override
  public void close() {
    closing.run();
  }
}
