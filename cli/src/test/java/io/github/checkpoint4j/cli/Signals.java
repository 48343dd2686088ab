package io.github.checkpoint4j.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Signals to processes of the tests. */
final class Signals {
  private Signals() {}

  /**
   * What to begin a command with, so that it minds signals. A process that a shell starts in the
   * background ignores SIGINT, and so do all that it starts; {@code env} can undo that, where it is
   * GNU's.
   */
  static List<String> asUsual() throws IOException {
    List<String> env = List.of("env", "--default-signal=INT,TERM");
    List<String> trial = new ArrayList<>(env);
    trial.add("true");
    Process tried =
        new ProcessBuilder(trial).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    return tried.onExit().join().exitValue() == 0 ? env : List.of();
  }

  /** Sends one, by its name. */
  static void send(String signal, Process process) throws Exception {
    new ProcessBuilder("kill", "-" + signal, String.valueOf(process.pid())).start().waitFor();
  }
}
