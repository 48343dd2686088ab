package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.Json;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;

/**
 * What a command line did.
 *
 * @param status the exit status
 * @param out what it printed on standard output
 * @param err what it printed on standard error
 */
record Run(int status, String out, String err) {

  static Run ckpt(Object... arguments) {
    return run("", false, arguments);
  }

  /** With {@code input} on standard input. */
  static Run ckptReading(String input, Object... arguments) {
    return run(input, false, arguments);
  }

  /** With {@code CKPT_DEBUG}. */
  static Run debug(Object... arguments) {
    return run("", true, arguments);
  }

  private static Run run(String input, boolean debug, Object... arguments) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    String[] words = new String[arguments.length];
    for (int i = 0; i < words.length; i++) {
      words[i] = String.valueOf(arguments[i]);
    }
    int status =
        Ckpt.commandLine(
                new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)),
                stream(out),
                stream(err),
                debug)
            .execute(words);
    return new Run(
        status, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  private static PrintStream stream(ByteArrayOutputStream bytes) {
    return new PrintStream(bytes, true, StandardCharsets.UTF_8);
  }

  /** Standard output as one strict JSON document. */
  Json json() throws CorruptFileException {
    return Json.parse(
        MemorySegment.ofArray(out.getBytes(StandardCharsets.UTF_8)), "standard output");
  }

  Json.Obj object() throws CorruptFileException {
    return (Json.Obj) json();
  }
}
