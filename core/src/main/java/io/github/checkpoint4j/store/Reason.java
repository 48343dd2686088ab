package io.github.checkpoint4j.store;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;

/** Failures of the disk in words, for those whose message is a file's name alone. */
final class Reason {
  private Reason() {}

  static String of(IOException failure) {
    if (failure instanceof ClosedByInterruptException) {
      return "the thread was interrupted";
    }
    if (!(failure instanceof FileSystemException named) || named.getReason() != null) {
      return failure.getMessage() == null
          ? failure.getClass().getSimpleName()
          : failure.getMessage();
    }
    String what =
        switch (named) {
          case AccessDeniedException e -> "permission denied";
          case NoSuchFileException e -> "no such file or directory";
          case FileAlreadyExistsException e -> "it is there already";
          case NotDirectoryException e -> "it is not a directory";
          case DirectoryNotEmptyException e -> "the directory is not empty";
          default -> named.getClass().getSimpleName();
        };
    return named.getFile() + ": " + what;
  }

  /** Whether the device, or the share of it that a user may fill, was full. */
  static boolean isNoSpace(IOException failure) {
    String message = String.valueOf(failure.getMessage());
    return message.contains("No space left")
        || message.contains("uota exceeded")
        || message.contains("not enough space");
  }
}
