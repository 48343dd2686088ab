package io.github.checkpoint4j.store;

import java.io.IOException;
import java.nio.file.Path;

/** Hidden names in a run's directory. */
final class HiddenPath {
  private HiddenPath() {}

  /** The first path of this step and role that nothing has, trying ids from {@code id} upwards. */
  static Path free(Storage storage, Path run, long step, CheckpointName.Role role, long id)
      throws IOException {
    for (long next = id; ; next++) {
      Path path = run.resolve(new CheckpointName(step, role, next).toString());
      if (storage.find(path).isEmpty()) {
        return path;
      }
    }
  }
}
