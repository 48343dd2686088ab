package io.github.checkpoint4j.store;

import io.github.checkpoint4j.format.CorruptFileException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.LongConsumer;
import java.util.stream.Collectors;

/**
 * What a reading of every byte of a checkpoint found. Bytes are compared with the checksums in the
 * manifest, and each file with the demands of its format; without a manifest there is only the
 * latter.
 *
 * @param checkpoint what was read
 * @param problems what is wrong; empty if nothing is
 * @param files files read
 * @param tensors tensors whose checksums were compared, or that were found in their files
 * @param bytes bytes of the files read
 */
public record Verification(
    CheckpointInfo checkpoint, List<Problem> problems, int files, long tensors, long bytes) {

  /**
   * Something that is wrong.
   *
   * @param file the file's name
   * @param tensor the tensor's name, if it is in one tensor
   * @param message what, where, expected and found
   */
  public record Problem(String file, Optional<String> tensor, String message) {}

  public Verification {
    problems = List.copyOf(problems);
  }

  /**
   * Verifies the checkpoint in a directory of any name, also one that is damaged.
   *
   * @throws java.nio.file.NoSuchFileException if there is no such directory
   * @throws IOException if a file cannot be read; damage is no such error
   */
  public static Verification of(Path directory) throws IOException {
    return of(directory, _ -> {});
  }

  /**
   * As {@link #of(Path)}, telling how far it is.
   *
   * @param read is told, in the thread that verifies, how many more bytes were read, together at
   *     most {@link CheckpointInfo#size}; what it throws ends the verification
   */
  public static Verification of(Path directory, LongConsumer read) throws IOException {
    return of(LocalStorage.instance(), directory, read);
  }

  /** As {@link #of(Path)}, on any storage. */
  public static Verification of(Storage storage, Path directory) throws IOException {
    return of(storage, directory, _ -> {});
  }

  private static Verification of(Storage storage, Path directory, LongConsumer read)
      throws IOException {
    try (CheckpointFiles files = CheckpointFiles.open(storage, directory)) {
      return new Verifier(files, read).verify();
    }
  }

  /** Whether nothing is wrong. */
  public boolean isClean() {
    return problems.isEmpty();
  }

  /**
   * Returns if nothing is wrong.
   *
   * @throws CorruptFileException otherwise; the message has every problem
   */
  public void requireClean() throws CorruptFileException {
    if (!isClean()) {
      throw new CorruptFileException(
          checkpoint.directory()
              + ": "
              + problems.stream().map(Problem::message).collect(Collectors.joining("; "))
              + ". Use another checkpoint, or restore the file from a copy.");
    }
  }
}
