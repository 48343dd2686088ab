package io.github.checkpoint4j.store;

import java.io.IOException;
import java.nio.file.Path;

/** Removes a directory with all that is in it. */
final class Removal {
  private Removal() {}

  /** A link is removed, and not what it leads to. What a failure leaves is a part of the tree. */
  static void tree(Storage storage, Path directory) throws IOException {
    for (Storage.Entry entry : storage.list(directory)) {
      Path path = directory.resolve(entry.name());
      if (entry.kind() == Storage.Kind.DIRECTORY) {
        tree(storage, path);
      } else {
        storage.deleteFile(path);
      }
    }
    storage.removeDirectory(directory);
  }

  /** Removes whatever has this name. */
  static void entry(Storage storage, Path path) throws IOException {
    if (storage.find(path).filter(kind -> kind == Storage.Kind.DIRECTORY).isPresent()) {
      tree(storage, path);
    } else {
      storage.deleteFile(path);
    }
  }
}
