package io.github.checkpoint4j.transformers;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * An example for a classifier.
 *
 * @param label the index of its label
 */
public record LabeledText(String text, int label) {
  public LabeledText {
    if (label < 0) {
      throw new IllegalArgumentException("the label's index is " + label + ", below 0");
    }
  }

  /**
   * The examples of a file in UTF-8 with a line for each: the label, a tab, the text. A line of
   * blanks is no example; further tabs are part of the text.
   *
   * @param labels the names of the labels, by index; a line has a name or an index
   * @throws io.github.checkpoint4j.format.CorruptFileException if the file is not of this kind or
   *     has no example; the message has the file and the line
   * @throws IOException if the file cannot be read
   */
  public static List<LabeledText> read(Path file, List<String> labels) throws IOException {
    return LabeledTextFile.read(file).examples(labels);
  }

  /**
   * The labels that a file uses: sorted, if they have names, and {@code LABEL_0} up to the highest
   * if they are indices.
   *
   * @throws io.github.checkpoint4j.format.CorruptFileException if the file is not of the kind that
   *     {@link #read} describes, or has fewer than two labels
   * @throws IOException if the file cannot be read
   */
  public static List<String> labels(Path file) throws IOException {
    return LabeledTextFile.read(file).labels();
  }
}
