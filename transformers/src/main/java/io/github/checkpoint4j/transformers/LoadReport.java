package io.github.checkpoint4j.transformers;

import java.util.ArrayList;
import java.util.List;

/**
 * What became of the tensors of a file and of the parameters of the model they were loaded into.
 *
 * @param loaded the parameters that were loaded, under the model's names
 * @param missing the parameters that the file does not have: they were drawn at random
 * @param unexpected the entries of the file that are not the model's, under the file's names
 * @param converted those of {@code loaded} that were rounded or widened to 32-bit floats
 */
public record LoadReport(
    List<String> loaded, List<String> missing, List<String> unexpected, List<String> converted) {
  public LoadReport {
    loaded = List.copyOf(loaded);
    missing = List.copyOf(missing);
    unexpected = List.copyOf(unexpected);
    converted = List.copyOf(converted);
  }

  /** The report in one line, every name in it but those that were loaded as they are. */
  @Override
  public String toString() {
    List<String> parts = new ArrayList<>();
    parts.add(loaded.size() + " loaded");
    add(parts, "missing, drawn at random", missing);
    add(parts, "unexpected, passed over", unexpected);
    add(parts, "converted to 32-bit floats", converted);
    return String.join("; ", parts);
  }

  private static void add(List<String> parts, String what, List<String> names) {
    if (!names.isEmpty()) {
      parts.add(names.size() + " " + what + ": " + String.join(", ", names));
    }
  }
}
