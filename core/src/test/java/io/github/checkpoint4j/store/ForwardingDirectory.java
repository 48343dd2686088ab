package io.github.checkpoint4j.store;

import java.io.IOException;
import java.time.Instant;
import java.util.SortedMap;

/** Hands every operation on; subclasses look at them. */
class ForwardingDirectory implements Storage.OpenDirectory {
  private final Storage.OpenDirectory to;

  ForwardingDirectory(Storage.OpenDirectory to) {
    this.to = to;
  }

  @Override
  public SortedMap<String, Long> files() {
    return to.files();
  }

  @Override
  public MappedFile map(String file) throws IOException {
    return to.map(file);
  }

  @Override
  public Instant lastModified() throws IOException {
    return to.lastModified();
  }

  @Override
  public boolean isNamed() throws IOException {
    return to.isNamed();
  }

  @Override
  public void close() throws IOException {
    to.close();
  }
}
