package io.github.checkpoint4j.transformers;

import io.github.checkpoint4j.format.CorruptFileException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/** The lines of a file of labeled texts. */
final class LabeledTextFile {
  private static final int MOST_LABELS = 10_000;
  private static final int MOST_SHOWN = 40;

  private final Path file;
  private final List<Line> lines;

  private LabeledTextFile(Path file, List<Line> lines) {
    this.file = file;
    this.lines = lines;
  }

  /**
   * A line that is not blank.
   *
   * @param number counted from 1
   */
  private record Line(long number, String label, String text) {}

  static LabeledTextFile read(Path file) throws IOException {
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
        lines.add(split(file, number, content));
      }
      start = end + 1;
    }
    if (lines.isEmpty()) {
      throw new CorruptFileException(
          file + ": no examples; each line has to be LABEL, a tab, TEXT");
    }
    return new LabeledTextFile(file, lines);
  }

  List<LabeledText> examples(List<String> labels) throws CorruptFileException {
    Map<String, Integer> indices = new HashMap<>();
    for (int i = 0; i < labels.size(); i++) {
      indices.put(labels.get(i), i);
    }
    List<LabeledText> examples = new ArrayList<>(lines.size());
    for (Line line : lines) {
      Integer named = indices.get(line.label());
      int index = named != null ? named : index(line).filter(i -> i < labels.size()).orElse(-1);
      if (index < 0) {
        throw new CorruptFileException(
            "%s:%d: unknown label '%s'; expected %s, or an index from 0 to %d"
                .formatted(
                    file,
                    line.number(),
                    shortened(line.label()),
                    shortened(String.join(", ", labels)),
                    labels.size() - 1));
      }
      examples.add(new LabeledText(line.text(), index));
    }
    return List.copyOf(examples);
  }

  List<String> labels() throws CorruptFileException {
    TreeSet<String> names = new TreeSet<>();
    int highest = -1;
    boolean indices = true;
    for (Line line : lines) {
      names.add(line.label());
      if (names.size() > MOST_LABELS) {
        throw new CorruptFileException(
            "%s:%d: more than %d labels; is the label the first column?"
                .formatted(file, line.number(), MOST_LABELS));
      }
      Optional<Integer> index = index(line);
      indices &= index.isPresent();
      highest = Math.max(highest, index.orElse(-1));
    }
    if (names.size() < 2) {
      throw new CorruptFileException(
          file + ": the only label is '" + shortened(names.first()) + "'; two are needed");
    }
    return indices ? BertConfig.unnamedLabels(highest + 1) : List.copyOf(names);
  }

  private static Line split(Path file, long number, String content) throws CorruptFileException {
    int tab = content.indexOf('\t');
    if (tab < 0) {
      throw new CorruptFileException(
          "%s:%d: no tab in '%s'; each line has to be LABEL, a tab, TEXT"
              .formatted(file, number, shortened(content)));
    }
    String label = content.substring(0, tab).strip();
    if (label.isEmpty()) {
      throw new CorruptFileException(
          "%s:%d: no label before the tab; each line has to be LABEL, a tab, TEXT"
              .formatted(file, number));
    }
    return new Line(number, label, content.substring(tab + 1));
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

  private static Optional<Integer> index(Line line) {
    String label = line.label();
    boolean digits = label.chars().allMatch(c -> c >= '0' && c <= '9');
    if (!digits || label.length() > 4) {
      return Optional.empty();
    }
    return Optional.of(Integer.parseInt(label));
  }

  /** A text of the file for a message of one line. */
  private static String shortened(String text) {
    String shown = text.length() <= MOST_SHOWN ? text : text.substring(0, MOST_SHOWN) + "...";
    return shown.replaceAll("\\p{Cntrl}", "?");
  }
}
