package io.github.checkpoint4j.store;

import java.nio.file.Path;

/**
 * What goes wrong with a {@link CrashStorage}. Calls of all its operations, those that only look
 * included, are counted from 1 since the fault was injected.
 */
sealed interface Fault {
  /** The device fails in this call, and in no other. */
  record Broken(long call) implements Fault {}

  /** The device fails in this call and in all after it. */
  record Dead(long call) implements Fault {}

  /** If this call writes a file, the device fails when half of it is written. */
  record ShortWrite(long call) implements Fault {}

  /** So many bytes may still be written; deleting a file gives its bytes back. */
  record Full(long bytes) implements Fault {}

  /** Nothing can be changed any more. */
  record ReadOnly() implements Fault {}

  /** Before this call, someone else removes a directory and all in it, or the disk below it. */
  record Vanished(long call, Path directory) implements Fault {}
}
