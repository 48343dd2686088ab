package io.github.checkpoint4j.cli;

/** What the process tells the shell. After SIGINT and SIGTERM it is the JVM's own 130 and 143. */
final class ExitStatus {
  static final int FINE = 0;

  /** The file or the check failed: corrupt, unsupported, does not fit, refused. */
  static final int FAILED = 1;

  /** The command line itself is wrong. */
  static final int USAGE = 2;

  /** A file could not be read or written. */
  static final int IO = 3;

  private ExitStatus() {}
}
