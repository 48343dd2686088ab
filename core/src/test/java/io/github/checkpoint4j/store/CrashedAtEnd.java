package io.github.checkpoint4j.store;

import io.github.checkpoint4j.format.FileContent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A file system of this machine for a test, at whose end it crashes: what a store did in a run's
 * directory is also done on a {@link CrashStorage}, and whatever a power loss then leaves, the
 * run's checkpoints are those that the test left. What a test does to the files itself is taken for
 * durable. And no file is still mapped then, nor a run locked.
 *
 * <p>Not for tests whose stores fail: what they left may be one thing or another.
 */
public final class CrashedAtEnd extends ForwardingStorage implements AfterEachCallback {
  private static final long SEED = 1;
  private static final int STATES = 8;

  /** What tells whether someone changed a file. */
  private record Stamp(Optional<Object> key, long size, long modified, boolean directory) {}

  private final Supplier<Path> root;
  private final CrashStorage mirror = new CrashStorage();
  private final Set<Path> runs = new LinkedHashSet<>();
  private final List<MappedFile> maps = new ArrayList<>();
  private Map<Path, Stamp> known = new LinkedHashMap<>();

  /**
   * @param root the directory of all that the test works on
   */
  public CrashedAtEnd(Supplier<Path> root) {
    super(LocalStorage.instance());
    this.root = root;
  }

  private static Path mirrored(Path path) {
    Path absolute = path.toAbsolutePath().normalize();
    return CrashStorage.MOUNT.resolve(absolute.getRoot().relativize(absolute).toString());
  }

  /** Does to the mirror what someone else than a store did to the files. */
  private void absorb() throws IOException {
    if (known.isEmpty()) {
      for (Path path = root.get(); path.getParent() != null; path = path.getParent()) {
        appearAround(mirrored(path));
      }
    }
    Map<Path, Stamp> found = stamps();
    for (Map.Entry<Path, Stamp> entry : known.entrySet()) {
      Path path = entry.getKey();
      if (!path.equals(root.get()) && mirror.find(mirrored(path)).isPresent()) {
        @Nullable Stamp now = found.get(path);
        if (now == null || now.directory() != entry.getValue().directory()) {
          mirror.vanish(mirrored(path));
        }
      }
    }
    for (Map.Entry<Path, Stamp> entry : found.entrySet()) {
      Path path = mirrored(entry.getKey());
      if (mirror.find(path).isEmpty()) {
        mirror.appear(path, content(entry.getKey(), entry.getValue()));
      } else if (!entry.getValue().equals(known.get(entry.getKey()))
          && !entry.getValue().directory()) {
        mirror.overwrite(path, Files.readAllBytes(entry.getKey()));
      }
    }
    known = found;
  }

  private void appearAround(Path path) throws IOException {
    if (!path.equals(CrashStorage.MOUNT) && mirror.find(path).isEmpty()) {
      appearAround(path.resolve("..").normalize());
      mirror.appear(path, Optional.empty());
    }
  }

  private static Optional<byte[]> content(Path path, Stamp stamp) throws IOException {
    return stamp.directory() ? Optional.empty() : Optional.of(Files.readAllBytes(path));
  }

  /** A link that leads to no file, which is as good as an empty directory. */
  private static boolean isLost(Path path) {
    return Files.isSymbolicLink(path) && !Files.isRegularFile(path);
  }

  /** What is there, each after the directory it is in. */
  private Map<Path, Stamp> stamps() throws IOException {
    Map<Path, Stamp> stamps = new LinkedHashMap<>();
    try (Stream<Path> paths = Files.walk(root.get())) {
      for (Path path : (Iterable<Path>) paths.sorted()::iterator) {
        boolean lost = isLost(path);
        BasicFileAttributes attributes =
            lost
                ? Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                : Files.readAttributes(path, BasicFileAttributes.class);
        boolean directory = lost || attributes.isDirectory();
        stamps.put(
            path,
            new Stamp(
                Optional.ofNullable(attributes.fileKey()),
                directory ? 0 : attributes.size(),
                directory ? 0 : attributes.lastModifiedTime().to(TimeUnit.NANOSECONDS),
                directory));
      }
    }
    return stamps;
  }

  /** An operation of a store. */
  @FunctionalInterface
  private interface Operation {
    void on(Storage storage, Path path) throws IOException;
  }

  private void both(Path path, Operation operation) throws IOException {
    absorb();
    operation.on(LocalStorage.instance(), path);
    if (mirrors(path)) {
      operation.on(mirror, mirrored(path));
    }
    known = stamps();
  }

  /** Whether it is below the root, and nothing that a link leads to or is. */
  private boolean mirrors(Path path) throws IOException {
    return path.startsWith(root.get())
        && mirror.find(mirrored(path.resolveSibling("."))).isPresent();
  }

  @Override
  public void createDirectory(Path directory) throws IOException {
    both(directory, Storage::createDirectory);
  }

  @Override
  public FileChecksums write(Path file, FileContent content) throws IOException {
    absorb();
    FileChecksums written = super.write(file, content);
    mirror.write(mirrored(file), content);
    known = stamps();
    return written;
  }

  @Override
  public void sync(Path file) throws IOException {
    both(file, Storage::sync);
  }

  @Override
  public void syncDirectory(Path directory) throws IOException {
    both(directory, Storage::syncDirectory);
  }

  @Override
  public void rename(Path source, Path target) throws IOException {
    both(
        source,
        (storage, from) -> storage.rename(from, storage == mirror ? mirrored(target) : target));
  }

  @Override
  public boolean link(Path existing, Path name) throws IOException {
    boolean[] linked = {false};
    both(
        existing,
        (storage, from) ->
            linked[0] = storage.link(from, storage == mirror ? mirrored(name) : name));
    return linked[0];
  }

  @Override
  public void deleteFile(Path file) throws IOException {
    if (isLost(file)) {
      super.deleteFile(file);
    } else {
      both(file, Storage::deleteFile);
    }
  }

  @Override
  public void removeDirectory(Path directory) throws IOException {
    both(directory, Storage::removeDirectory);
  }

  @Override
  public MappedFile map(Path file) throws IOException {
    MappedFile map = super.map(file);
    maps.add(map);
    return map;
  }

  @Override
  public OpenDirectory openDirectory(Path directory) throws IOException {
    return new ForwardingDirectory(super.openDirectory(directory)) {
      @Override
      public MappedFile map(String file) throws IOException {
        MappedFile map = super.map(file);
        maps.add(map);
        return map;
      }
    };
  }

  @Override
  public LockAttempt tryLock(Path file, String owner) throws IOException {
    absorb();
    LockAttempt attempt = super.tryLock(file, owner);
    if (!(attempt instanceof LockAttempt.Taken taken)) {
      return attempt;
    }
    runs.add(file.resolveSibling(".").normalize());
    Lock mirrorLock = ((LockAttempt.Taken) mirror.tryLock(mirrored(file), owner)).lock();
    known = stamps();
    Lock both =
        new Lock() {
          @Override
          public boolean isHeld() throws IOException {
            return taken.lock().isHeld();
          }

          @Override
          public void close() throws IOException {
            absorb();
            taken.lock().close();
            mirrorLock.close();
            known = stamps();
          }
        };
    return new LockAttempt.Taken(both, taken.previousOwner());
  }

  /** What a test and a crash leave of a checkpoint alike. */
  private record Left(String name, long sequence, boolean pinned, Standing standing) {
    static List<Left> in(CheckpointStore store) throws IOException {
      return store.list().stream()
          .map(info -> new Left(info.name(), info.sequence(), info.pinned(), info.standing()))
          .toList();
    }
  }

  @Override
  public void afterEach(ExtensionContext context) throws IOException {
    end();
  }

  /** Ends the test. */
  void end() throws IOException {
    maps.removeIf(map -> !map.bytes().scope().isAlive());
    require(maps.isEmpty(), "still mapped: " + maps.stream().map(MappedFile::path).toList());
    require(!mirror.locked(), "a run is still locked");
    if (known.isEmpty()) {
      return;
    }
    absorb();
    for (Path run : runs) {
      if (Files.isDirectory(run, LinkOption.NOFOLLOW_LINKS)) {
        crash(run);
      }
    }
  }

  private void crash(Path run) throws IOException {
    List<Left> expected;
    try (CheckpointStore store = CheckpointStore.readOnly(run)) {
      expected = Left.in(store);
    }
    List<CrashState> states = new ArrayList<>(mirror.crashStates(STATES, new Random(SEED)));
    states.add(mirror.bestCrash());
    states.add(mirror.worstCrash());
    for (CrashState state : states) {
      CrashStorage left = state.storage();
      try (CheckpointStore store = CheckpointStore.open(left, mirrored(run))) {
        List<Left> found = Left.in(store);
        require(found.equals(expected), "of " + expected + " a crash left " + found + "\n" + state);
        for (CheckpointInfo info : store.list()) {
          boolean clean = Verification.of(left, info.directory()).isClean();
          boolean was = Verification.of(run.resolve(info.name())).isClean();
          require(clean || !was, info.name() + " is not clean any more\n" + state);
        }
      }
    }
  }

  private static void require(boolean condition, String otherwise) {
    if (!condition) {
      throw new AssertionError(otherwise);
    }
  }
}
