package io.github.checkpoint4j.store;

import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.store.CheckpointName.Role;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Gives directories of a role the checkpoint's own name, and needs no rename then. */
final class InPlace extends ForwardingStorage {
  private final Role role;
  private final Set<Path> given = new HashSet<>();

  InPlace(Storage disk, Role role) {
    super(disk);
    this.role = role;
  }

  private Path own(Path path) {
    if (!path.startsWith(Exploration.RUN) || path.equals(Exploration.RUN)) {
      return path;
    }
    Path inRun = Exploration.RUN.relativize(path);
    Optional<CheckpointName> name =
        CheckpointName.parse(inRun.getName(0).toString()).filter(n -> n.role() == role);
    if (name.isEmpty()) {
      return path;
    }
    Path own = Exploration.RUN.resolve(name.get().checkpoint());
    return inRun.getNameCount() == 1 ? own : own.resolve(inRun.getFileName());
  }

  @Override
  public void createDirectory(Path directory) throws IOException {
    super.createDirectory(own(directory));
    given.add(directory);
  }

  @Override
  public FileChecksums write(Path file, FileContent content) throws IOException {
    return super.write(own(file), content);
  }

  @Override
  public void sync(Path file) throws IOException {
    super.sync(own(file));
  }

  @Override
  public void syncDirectory(Path directory) throws IOException {
    super.syncDirectory(own(directory));
  }

  @Override
  public void rename(Path source, Path target) throws IOException {
    if (!own(source).equals(own(target))) {
      super.rename(own(source), own(target));
    }
    given.add(target);
  }

  @Override
  public void deleteFile(Path file) throws IOException {
    super.deleteFile(own(file));
  }

  @Override
  public void removeDirectory(Path directory) throws IOException {
    super.removeDirectory(own(directory));
  }

  @Override
  public OpenDirectory openDirectory(Path directory) throws IOException {
    return super.openDirectory(own(directory));
  }

  @Override
  public List<Entry> list(Path directory) throws IOException {
    return super.list(own(directory));
  }

  @Override
  public Optional<Kind> find(Path path) throws IOException {
    boolean free = !own(path).equals(path) && !given.contains(path);
    return free ? Optional.empty() : super.find(own(path));
  }
}
