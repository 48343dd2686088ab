package io.github.checkpoint4j.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/**
 * The words {@code [DIR] TEXT...}: texts, and what is done to them with.
 *
 * @param path a run, a checkpoint or a model's directory
 */
record NamedTexts(Path path, List<String> texts) {

  /**
   * Takes the first word as the directory if it is one.
   *
   * @param usual the run that is meant otherwise
   * @param task what trains such a run, after {@code ckpt train}
   * @throws IllegalArgumentException if neither is there
   */
  static NamedTexts of(List<String> words, Path usual, String task) {
    if (!words.isEmpty() && Models.isDirectory(words.getFirst())) {
      return new NamedTexts(Path.of(words.getFirst()), words.subList(1, words.size()));
    }
    if (!Models.isDirectory(usual.toString())) {
      throw new IllegalArgumentException(
          (words.isEmpty() ? "" : "'" + words.getFirst() + "' is no directory, and ")
              + "there is no run in "
              + usual
              + "; train one with ckpt train "
              + task
              + ", or give the directory of one");
    }
    return new NamedTexts(usual, words);
  }

  /** The directory with the model, which is told if it is not the path itself. */
  Path model(PrintStream err) throws IOException {
    Path directory = Models.directory(path);
    if (!directory.equals(path)) {
      err.println("using " + Printable.of(directory.toString()));
    }
    return directory;
  }

  /** The lines of an input, each a text. */
  static List<String> lines(InputStream in) throws IOException {
    return new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8)).readAllLines();
  }
}
