package io.github.checkpoint4j.cli;

/** What the process tells the shell. */
final class ExitStatus {
  static final int FINE = 0;

  /** The file or the check failed: corrupt, unsupported, does not fit, refused. */
  static final int FAILED = 1;

  /** The command line itself is wrong. */
  static final int USAGE = 2;

  /** A file could not be read or written. */
  static final int IO = 3;

  /** SIGINT. The JVM itself tells it, and after SIGTERM 143. */
  static final int INTERRUPTED = 130;

  private ExitStatus() {}
}
