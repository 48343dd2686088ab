package io.github.checkpoint4j.cli;

import java.io.PrintWriter;
import java.io.Writer;

/**
 * Runs the short verbs once on small files, while the JVM records which classes they need for its
 * start-up cache. The launcher does this at the end of a build.
 */
final class Rehearsal {
  private Rehearsal() {}

  public static void main(String[] arguments) {
    PrintWriter nowhere = new PrintWriter(Writer.nullWriter());
    Ckpt.commandLine(nowhere, nowhere, false).execute("--help");
  }
}
