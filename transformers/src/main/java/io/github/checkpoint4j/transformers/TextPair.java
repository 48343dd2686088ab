package io.github.checkpoint4j.transformers;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * An example for a model that makes one text of another.
 *
 * @param source what it is given: a word
 * @param target what it has to make: the word's phonemes
 */
public record TextPair(String source, String target) {

  /**
   * The examples of a file in UTF-8 with a line for each: the source, a tab, the target. A line of
   * blanks is no example; further tabs are part of the target.
   *
   * @throws io.github.checkpoint4j.format.CorruptFileException if the file is not of this kind or
   *     has no example; the message has the file and the line
   * @throws IOException if the file cannot be read
   */
  public static List<TextPair> read(Path file) throws IOException {
    return TabSeparatedFile.read(file, "SOURCE", "TARGET").rows().stream()
        .map(row -> new TextPair(row.first(), row.second()))
        .toList();
  }
}
