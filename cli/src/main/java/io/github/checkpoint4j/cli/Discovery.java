package io.github.checkpoint4j.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What there is to look at in a directory. Symbolic links are not followed, and hidden directories
 * not entered.
 *
 * @param runs directories of checkpoints
 * @param models files of models, and directories that are one
 * @param whole whether everything was looked at; a directory of very many files is not
 */
record Discovery(List<Path> runs, List<Path> models, boolean whole) {
  private static final int DEEPEST = 8;
  private static final int MOST_ENTRIES = 20_000;

  private static final List<String> ENDINGS =
      List.of(
          ".safetensors",
          ".pt",
          ".pth",
          ".bin",
          ".onnx",
          ".keras",
          ".h5",
          ".hdf5",
          ".weights.json",
          ".gguf",
          ".npz",
          ".npy");

  /** Looks for them, in the order of their names. */
  static Discovery of(Path directory) throws IOException {
    Walk walk = new Walk(directory);
    Files.walkFileTree(directory, Set.of(), DEEPEST, walk);
    return new Discovery(
        List.copyOf(walk.runs), List.copyOf(walk.models), walk.entries <= MOST_ENTRIES);
  }

  private static final class Walk extends SimpleFileVisitor<Path> {
    private final Path root;
    private final SortedSet<Path> runs = new TreeSet<>();
    private final SortedSet<Path> models = new TreeSet<>();
    private int entries;

    Walk(Path root) {
      this.root = root;
    }

    @Override
    public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes)
        throws IOException {
      String name = String.valueOf(directory.getFileName());
      boolean checkpoint = inAny(runs, directory) && Inspected.isCheckpointName(name);
      if (checkpoint || (!directory.equals(root) && name.startsWith("."))) {
        return FileVisitResult.SKIP_SUBTREE;
      }
      try {
        return look(directory);
      } catch (IOException e) {
        return visitFileFailed(directory, e);
      } catch (UncheckedIOException e) {
        return visitFileFailed(directory, new IOException(e));
      }
    }

    private FileVisitResult look(Path directory) throws IOException {
      boolean run = Inspected.isRun(directory);
      if (run) {
        runs.add(directory);
      }
      if (Inspected.isCheckpoint(directory) || Inspected.isKerasDirectory(directory)) {
        models.add(directory);
        return run ? next() : FileVisitResult.SKIP_SUBTREE;
      }
      return next();
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
      String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
      if (attributes.isRegularFile()
          && !inAny(models, file)
          && ENDINGS.stream().anyMatch(name::endsWith)) {
        models.add(file);
      }
      return next();
    }

    /** What cannot be read, or vanished meanwhile, is passed over. */
    @Override
    public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
      if (file.equals(root)) {
        throw e;
      }
      return next();
    }

    @Override
    public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException e) {
      return FileVisitResult.CONTINUE;
    }

    private static boolean inAny(Set<Path> directories, Path path) {
      Path parent = path.getParent();
      return parent != null && directories.contains(parent);
    }

    private FileVisitResult next() {
      return ++entries > MOST_ENTRIES ? FileVisitResult.TERMINATE : FileVisitResult.CONTINUE;
    }
  }
}
