package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import io.github.checkpoint4j.state.StateMismatchException;
import io.github.checkpoint4j.store.CheckpointLockedException;
import java.io.EOFException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.List;
import java.util.Objects;

/**
 * An error as the user sees it.
 *
 * @param status the process's exit status
 * @param message one line: what, where, expected and found, what to do
 */
record Failure(int status, String message) {
  /** Where classes are that a distribution which only reads files does not have. */
  private static final List<String> TRAINING =
      List.of("org/bytedeco/", "io/github/checkpoint4j/transformers/");

  Failure {
    message = Printable.of(message);
  }

  /** How {@code thrown} is told to the user. */
  static Failure of(Throwable thrown) {
    return switch (thrown) {
      case UncheckedIOException wrapped when wrapped.getCause() != null -> of(wrapped.getCause());
      case CorruptFileException e -> new Failure(ExitStatus.FAILED, text(e));
      case UnsupportedFeatureException e -> new Failure(ExitStatus.FAILED, text(e));
      case StateMismatchException e -> new Failure(ExitStatus.FAILED, text(e));
      case CheckpointLockedException e -> new Failure(ExitStatus.FAILED, text(e));
      case RefusedException e -> new Failure(ExitStatus.FAILED, text(e));
      case FileSystemException e -> new Failure(ExitStatus.IO, fileSystem(e));
      case FileNotFoundException e -> new Failure(ExitStatus.IO, text(e));
      case EOFException e -> new Failure(ExitStatus.IO, "the file ended too early: " + text(e));
      case IOException e -> new Failure(ExitStatus.IO, text(e) + advice(text(e)));
      case InvalidPathException e ->
          new Failure(
              ExitStatus.USAGE,
              "'" + e.getInput() + "' is not a path: " + e.getReason() + "; give another one");
      case IllegalArgumentException e -> new Failure(ExitStatus.USAGE, text(e));
      case OutOfMemoryError e ->
          new Failure(
              ExitStatus.IO,
              "not enough memory ("
                  + text(e)
                  + "); free some, or give the JVM more with CKPT_JAVA_OPTS=-Xmx…");
      case NoClassDefFoundError e when TRAINING.stream().anyMatch(text(e)::startsWith) ->
          new Failure(
              ExitStatus.FAILED,
              "needs libtorch, which is not in this distribution; use one that can train");
      // What the Java virtual machine has for memory of a file that is not there any more.
      case InternalError e ->
          new Failure(
              ExitStatus.IO,
              "a file was cut short while it was being read, or its device failed ("
                  + text(e)
                  + "); verify it");
      default ->
          new Failure(
              ExitStatus.FAILED,
              "unexpected "
                  + thrown.getClass().getSimpleName()
                  + ": "
                  + text(thrown)
                  + "; run again with CKPT_DEBUG=1 for the details and report it");
    };
  }

  private static String text(Throwable thrown) {
    String message = thrown.getMessage();
    return message == null || message.isBlank() ? thrown.getClass().getSimpleName() : message;
  }

  private static String fileSystem(FileSystemException e) {
    String file = e.getFile() == null ? "the file" : e.getFile();
    return switch (e) {
      case NoSuchFileException missing ->
          file
              + ": "
              + Objects.requireNonNullElse(
                  missing.getReason(), "no such file or directory; check the path");
      case AccessDeniedException denied ->
          file
              + ": permission denied; give yourself access to it, or use another place"
              + because(denied);
      case NotDirectoryException _ -> file + ": not a directory; give the directory of a run";
      default -> {
        String reason = e.getReason() == null ? e.getClass().getSimpleName() : e.getReason();
        yield file + ": " + reason + advice(reason);
      }
    };
  }

  private static String because(FileSystemException e) {
    return e.getReason() == null ? "" : " (" + e.getReason() + ")";
  }

  private static String advice(String reason) {
    return switch (reason) {
      case "No space left on device" ->
          "; free some space and give the same command again: what was saved before is untouched";
      case "Read-only file system" -> "; use another place";
      case "Is a directory" -> "; give a file";
      default -> "";
    };
  }
}
