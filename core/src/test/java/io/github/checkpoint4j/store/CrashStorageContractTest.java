package io.github.checkpoint4j.store;

import java.io.IOException;
import java.nio.file.Path;

class CrashStorageContractTest extends StorageContract {
  private final Path root = CrashStorage.MOUNT.resolve("root");

  @Override
  Storage storage() throws IOException {
    CrashStorage storage = new CrashStorage();
    storage.createDirectory(root);
    return storage;
  }

  @Override
  Path root() {
    return root;
  }
}
