package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.cli.serve.RequestRefusedException;
import io.github.checkpoint4j.format.Format;
import io.github.checkpoint4j.store.MappedFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The directory that is served. Nothing outside of it is: not by a name that leads out, nor by a
 * symbolic link, wherever it stands.
 *
 * @param root its real path
 */
record ServedDirectory(Path root) {
  /** Of which a file may name others beside it, where its tensors are. */
  private static final Set<Format> NAMING_OTHERS =
      Set.of(Format.JSON, Format.ONNX, Format.TENSORFLOW);

  /**
   * The directory at {@code path}.
   *
   * @throws NoSuchFileException if it is missing
   * @throws NotDirectoryException if it is a file
   */
  static ServedDirectory at(Path path) throws IOException {
    Path real = path.toRealPath();
    if (!Files.isDirectory(real)) {
      throw new NotDirectoryException(path.toString());
    }
    return new ServedDirectory(real);
  }

  /**
   * The real path of what has this name, and of which no part lies elsewhere.
   *
   * @param name the names from the root, separated by slashes; empty for the root itself
   * @throws RequestRefusedException with 403 if it leads out
   * @throws NoSuchFileException if there is nothing
   */
  Path resolve(String name) throws IOException {
    for (Path part : Path.of(name)) {
      if (part.toString().equals("..")) {
        throw leadsOut(name);
      }
    }
    Path real = root.resolve(name).toRealPath();
    requireInside(real, name);
    if (Inspected.isKerasDirectory(real)) {
      requireTreeInside(real);
    } else if (Files.isDirectory(real)) {
      requireRunInside(real);
    } else if (namesOthers(real)) {
      requireInside(entries(Objects.requireNonNull(real.getParent())));
    }
    return real;
  }

  /** The name of a path in it. */
  String name(Path path) {
    return root.relativize(path).toString();
  }

  /** The name of a path as one sees it: that of the root itself is not empty. */
  String title(Path path) {
    return path.equals(root) ? String.valueOf(root.getFileName()) : name(path);
  }

  private static boolean namesOthers(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      return false;
    }
    try (MappedFile mapped = MappedFile.open(file)) {
      return Format.detect(mapped.bytes()).filter(NAMING_OTHERS::contains).isPresent();
    }
  }

  /** Of a run, the files of its checkpoints are read, too. */
  private void requireRunInside(Path directory) throws IOException {
    List<Path> entries = entries(directory);
    requireInside(entries);
    for (Path entry : entries) {
      if (Inspected.isCheckpointName(String.valueOf(entry.getFileName()))
          && Files.isDirectory(entry)) {
        try {
          requireInside(entries(entry));
        } catch (NoSuchFileException e) {
          // It was deleted a moment ago.
        }
      }
    }
  }

  /** Links to directories are not followed where all of a tree is read. */
  private void requireTreeInside(Path directory) throws IOException {
    try (Stream<Path> found = Files.walk(directory)) {
      requireInside(found.toList());
    }
  }

  private static List<Path> entries(Path directory) throws IOException {
    try (Stream<Path> found = Files.list(directory)) {
      return found.toList();
    }
  }

  private void requireInside(List<Path> entries) throws IOException {
    for (Path entry : entries) {
      if (Files.isSymbolicLink(entry)) {
        try {
          requireInside(entry.toRealPath(), name(entry));
        } catch (NoSuchFileException e) {
          // It leads nowhere: nothing can be read by it.
        }
      }
    }
  }

  private void requireInside(Path real, String name) throws RequestRefusedException {
    if (!real.startsWith(root)) {
      throw leadsOut(name);
    }
  }

  private static RequestRefusedException leadsOut(String name) {
    return new RequestRefusedException(
        403,
        Printable.of(name) + " leads out of the served directory; serve one that has all of it");
  }
}
