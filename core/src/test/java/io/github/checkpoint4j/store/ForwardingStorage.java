package io.github.checkpoint4j.store;

import io.github.checkpoint4j.format.FileContent;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Hands every operation on; subclasses look at them or make them fail. */
class ForwardingStorage implements Storage {
  private final Storage to;

  ForwardingStorage(Storage to) {
    this.to = to;
  }

  /** Called before each operation that changes something or makes it durable. */
  void mutation(String operation, Path path) throws IOException {}

  @Override
  public void createDirectory(Path directory) throws IOException {
    mutation("create", directory);
    to.createDirectory(directory);
  }

  @Override
  public FileChecksums write(Path file, FileContent content) throws IOException {
    mutation("write", file);
    return to.write(file, content);
  }

  @Override
  public void sync(Path file) throws IOException {
    mutation("sync", file);
    to.sync(file);
  }

  @Override
  public void syncDirectory(Path directory) throws IOException {
    mutation("syncDirectory", directory);
    to.syncDirectory(directory);
  }

  @Override
  public void rename(Path source, Path target) throws IOException {
    mutation("rename " + source.getFileName() + " to", target);
    to.rename(source, target);
  }

  @Override
  public boolean link(Path existing, Path name) throws IOException {
    mutation("link", name);
    return to.link(existing, name);
  }

  @Override
  public void deleteFile(Path file) throws IOException {
    mutation("deleteFile", file);
    to.deleteFile(file);
  }

  @Override
  public void removeDirectory(Path directory) throws IOException {
    mutation("removeDirectory", directory);
    to.removeDirectory(directory);
  }

  @Override
  public List<Entry> list(Path directory) throws IOException {
    return to.list(directory);
  }

  @Override
  public OpenDirectory openDirectory(Path directory) throws IOException {
    return to.openDirectory(directory);
  }

  @Override
  public Optional<Kind> find(Path path) throws IOException {
    return to.find(path);
  }

  @Override
  public long size(Path file) throws IOException {
    return to.size(file);
  }

  @Override
  public Instant lastModified(Path path) throws IOException {
    return to.lastModified(path);
  }

  @Override
  public MappedFile map(Path file) throws IOException {
    return to.map(file);
  }

  @Override
  public long usableSpace(Path directory) throws IOException {
    return to.usableSpace(directory);
  }

  @Override
  public LockAttempt tryLock(Path file, String owner) throws IOException {
    return to.tryLock(file, owner);
  }

  @Override
  public String lockOwner(Path file) throws IOException {
    return to.lockOwner(file);
  }
}
