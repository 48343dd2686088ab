package io.github.checkpoint4j.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * By what one sees, without reading a file, whether a run is as it was: the names, sizes and times
 * of what is in its directory and in those of its checkpoints.
 */
record RunStamp(List<Entry> entries) {
  /**
   * A file or directory.
   *
   * @param key by which the file system knows it: one that was replaced has another
   */
  private record Entry(String name, long size, FileTime changed, String key) {}

  /** Looks at a run. */
  static RunStamp of(Path run) throws IOException {
    List<Entry> entries = new ArrayList<>();
    for (Path path : list(run)) {
      entries.add(entry(path));
      if (Inspected.isCheckpointName(String.valueOf(path.getFileName()))) {
        try {
          for (Path file : list(path)) {
            entries.add(entry(file));
          }
        } catch (NoSuchFileException | NotDirectoryException e) {
          // It was deleted a moment ago, or is a file of that name.
        }
      }
    }
    return new RunStamp(entries);
  }

  private static List<Path> list(Path directory) throws IOException {
    try (Stream<Path> found = Files.list(directory)) {
      return found.sorted().toList();
    }
  }

  private static Entry entry(Path path) throws IOException {
    try {
      BasicFileAttributes attributes =
          Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
      return new Entry(
          path.toString(),
          attributes.size(),
          attributes.lastModifiedTime(),
          String.valueOf(attributes.fileKey()));
    } catch (NoSuchFileException e) {
      return new Entry(path.toString(), -1, FileTime.fromMillis(0), "");
    }
  }
}
