package io.github.checkpoint4j.transformers;

import io.github.checkpoint4j.format.CorruptFileException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A file in UTF-8 with two texts a line, a tab between them.
 *
 * @param rows one or more
 */
record TabSeparatedFile(Path file, List<Row> rows) {

  /**
   * A line that is not blank.
   *
   * @param number counted from 1
   * @param first not blank
   * @param second what follows the first tab, further tabs included
   */
  record Row(long number, String first, String second) {}

  /**
   * Reads a file.
   *
   * @param first what comes before the tab, in capitals, for messages
   * @param second what comes after it
   * @throws CorruptFileException if the file is not of this kind; the message has the file and the
   *     line
   */
  static TabSeparatedFile read(Path file, String first, String second) throws IOException {
    String form = "each line has to be %s, a tab, %s".formatted(first, second);
    List<Row> rows = new ArrayList<>();
    for (TextFile.Line line : TextFile.numbered(file)) {
      int tab = line.content().indexOf('\t');
      if (tab < 0) {
        throw new CorruptFileException(
            "%s:%d: no tab in '%s'; %s"
                .formatted(file, line.number(), TextFile.shortened(line.content()), form));
      }
      Row row =
          new Row(
              line.number(), line.content().substring(0, tab), line.content().substring(tab + 1));
      if (row.first().isBlank()) {
        throw new CorruptFileException(
            "%s:%d: no %s before the tab; %s"
                .formatted(file, row.number(), first.toLowerCase(Locale.ROOT), form));
      }
      rows.add(row);
    }
    if (rows.isEmpty()) {
      throw new CorruptFileException(file + ": no examples; " + form);
    }
    return new TabSeparatedFile(file, List.copyOf(rows));
  }
}
