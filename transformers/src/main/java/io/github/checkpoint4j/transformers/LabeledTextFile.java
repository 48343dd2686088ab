package io.github.checkpoint4j.transformers;

import io.github.checkpoint4j.format.CorruptFileException;
import java.io.IOException;
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

  private final Path file;
  private final List<Line> lines;

  private LabeledTextFile(Path file, List<Line> lines) {
    this.file = file;
    this.lines = lines;
  }

  static LabeledTextFile read(Path file) throws IOException {
    List<Line> lines =
        TabSeparatedFile.read(file, "LABEL", "TEXT").rows().stream()
            .map(row -> new Line(row.number(), row.first().strip(), row.second()))
            .toList();
    return new LabeledTextFile(file, lines);
  }

  /**
   * A line that is not blank.
   *
   * @param number counted from 1
   */
  private record Line(long number, String label, String text) {}

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
                    TextFile.shortened(line.label()),
                    TextFile.shortened(String.join(", ", labels)),
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
          file + ": the only label is '" + TextFile.shortened(names.first()) + "'; two are needed");
    }
    return indices ? BertConfig.unnamedLabels(highest + 1) : List.copyOf(names);
  }

  private static Optional<Integer> index(Line line) {
    String label = line.label();
    boolean digits = label.chars().allMatch(c -> c >= '0' && c <= '9');
    if (!digits || label.length() > 4) {
      return Optional.empty();
    }
    return Optional.of(Integer.parseInt(label));
  }
}
