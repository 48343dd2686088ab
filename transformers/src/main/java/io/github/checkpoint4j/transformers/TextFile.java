package io.github.checkpoint4j.transformers;

import io.github.checkpoint4j.format.CorruptFileException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A file of texts in UTF-8, one a line. */
public final class TextFile {
  private static final int MOST_SHOWN = 40;

  private TextFile() {}

  /**
   * A line that is not blank, without its end.
   *
   * @param number counted from 1
   */
  record Line(long number, String content) {}

  /**
   * The texts of a file: its lines without their ends, and without those that are blank.
   *
   * @throws CorruptFileException if a line is not UTF-8, or all are blank; the message has the file
   *     and the line
   * @throws IOException if the file cannot be read
   */
  public static List<String> lines(Path file) throws IOException {
    List<Line> lines = numbered(file);
    if (lines.isEmpty()) {
      throw new CorruptFileException(file + ": no text; each line has to be one example");
    }
    return lines.stream().map(Line::content).toList();
  }

  /** The lines that are not blank, perhaps none. */
  static List<Line> numbered(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    List<Line> lines = new ArrayList<>();
    long number = 0;
    for (int start = 0; start < bytes.length; ) {
      number++;
      int end = start;
      while (end < bytes.length && bytes[end] != '\n') {
        end++;
      }
      String content = decoded(file, number, ByteBuffer.wrap(bytes, start, end - start));
      if (number == 1 && content.startsWith("\uFEFF")) {
        content = content.substring(1);
      }
      if (content.endsWith("\r")) {
        content = content.substring(0, content.length() - 1);
      }
      if (!content.isBlank()) {
        lines.add(new Line(number, content));
      }
      start = end + 1;
    }
    return lines;
  }

  /** A text of the file for a message of one line. */
  static String shortened(String text) {
    String shown = text.length() <= MOST_SHOWN ? text : text.substring(0, MOST_SHOWN) + "...";
    return shown.replaceAll("\\p{Cntrl}", "?");
  }

  private static String decoded(Path file, long number, ByteBuffer line)
      throws CorruptFileException {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(line).toString();
    } catch (CharacterCodingException e) {
      throw new CorruptFileException(
          "%s:%d: not UTF-8; convert the file first".formatted(file, number), e);
    }
  }
}
