package io.github.checkpoint4j.store;

import io.github.checkpoint4j.store.CheckpointName.Role;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * A checkpoint's directory and its files, mapped at once. They are of one commit, and stay readable
 * whatever becomes of the checkpoint.
 *
 * @param directory what was seen
 * @param mapped those that the manifest lists and that are there; without a manifest, all but the
 *     pin
 */
record CheckpointFiles(CheckpointDirectory directory, SortedMap<String, MappedFile> mapped)
    implements AutoCloseable {
  /** How often a checkpoint may be replaced while it is being opened: far more than can be. */
  private static final int ATTEMPTS = 100;

  /**
   * Opens a directory of any name, such as a copy. Like the listing of a run, it finds a checkpoint
   * that is being replaced under its other name.
   *
   * @throws NoSuchFileException if it is missing
   * @throws java.nio.file.NotDirectoryException if it is something else
   */
  static CheckpointFiles open(Storage storage, Path path) throws IOException {
    try {
      return open(storage, path, Optional.empty());
    } catch (NoSuchFileException e) {
      Path absolute = path.toAbsolutePath().normalize();
      Path run = absolute.getParent();
      Optional<CheckpointName> name =
          CheckpointName.parse(String.valueOf(absolute.getFileName()))
              .filter(parsed -> parsed.role() == Role.CHECKPOINT);
      if (run == null || name.isEmpty() || storage.find(run).isEmpty()) {
        throw e;
      }
      Optional<CheckpointFiles> renamed = inRun(storage, run, name.get().step());
      // Between the two it may have got its name.
      return renamed.isPresent() ? renamed.get() : open(storage, path, Optional.empty());
    }
  }

  /** Opens the checkpoint of a step; empty if there is none. */
  static Optional<CheckpointFiles> inRun(Storage storage, Path run, long step) throws IOException {
    return RunListing.ofStep(
        storage,
        run,
        step,
        name -> Optional.of(open(storage, run.resolve(name.toString()), Optional.of(name))));
  }

  private static CheckpointFiles open(Storage storage, Path path, Optional<CheckpointName> inRun)
      throws IOException {
    return whileNamed(
        storage,
        path,
        open -> {
          CheckpointDirectory directory = CheckpointDirectory.look(storage, open, path, inRun);
          SortedMap<String, MappedFile> mapped = new TreeMap<>();
          CheckpointFiles files =
              new CheckpointFiles(directory, Collections.unmodifiableSortedMap(mapped));
          try {
            for (String name : directory.contents()) {
              mapped.put(name, open.map(name));
            }
            return files;
          } catch (IOException | RuntimeException | Error e) {
            files.close();
            throw e;
          }
        },
        CheckpointFiles::close);
  }

  /** What is read of an open directory. */
  @FunctionalInterface
  interface Reading<T> {
    T of(Storage.OpenDirectory open) throws IOException;
  }

  /**
   * Reads a directory in which a writer may be at work. A checkpoint loses its name before its
   * first file is removed, and never gets it back then: what was read of a directory that still has
   * its name afterwards is whole. Otherwise it is read again.
   *
   * @param discard takes what was read in vain
   * @throws NoSuchFileException if there is no such directory, or no more
   */
  static <T> T whileNamed(Storage storage, Path path, Reading<T> reading, Consumer<T> discard)
      throws IOException {
    for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
      try (Storage.OpenDirectory open = storage.openDirectory(path)) {
        Optional<T> read = ifNamed(open, reading, discard);
        if (read.isPresent()) {
          return read.get();
        }
      }
    }
    throw new IOException(
        path + " was replaced " + ATTEMPTS + " times while it was being read. Try again.");
  }

  private static <T> Optional<T> ifNamed(
      Storage.OpenDirectory open, Reading<T> reading, Consumer<T> discard) throws IOException {
    T read;
    try {
      read = reading.of(open);
    } catch (IOException e) {
      if (open.isNamed()) {
        throw e;
      }
      return Optional.empty();
    }
    boolean named = false;
    try {
      named = open.isNamed();
    } finally {
      if (!named) {
        discard.accept(read);
      }
    }
    return named ? Optional.of(read) : Optional.empty();
  }

  @Override
  public void close() {
    mapped.values().forEach(MappedFile::close);
  }
}
