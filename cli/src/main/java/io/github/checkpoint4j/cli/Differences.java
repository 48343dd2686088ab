package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.state.Glob;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.LongConsumer;

/**
 * What changed from one checkpoint or file to another.
 *
 * @param onlyBefore the names of the parts that only the first has
 * @param onlyAfter those that only the second has
 * @param comparisons of the parts that both have
 */
record Differences(List<String> onlyBefore, List<String> onlyAfter, List<Comparison> comparisons) {

  /**
   * Compares what matches the pattern.
   *
   * @param compared as in {@link Comparison#of}
   */
  static Differences of(
      List<Section> before, List<Section> after, Glob filter, LongConsumer compared) {
    Map<String, Section> left = byName(before);
    Map<String, Section> right = byName(after);
    List<Comparison> comparisons = new ArrayList<>();
    for (Section section : left.values()) {
      if (right.containsKey(section.name())) {
        Section other = Objects.requireNonNull(right.get(section.name()));
        comparisons.add(Comparison.of(section, other, filter, compared));
      }
    }
    return new Differences(without(left, right), without(right, left), comparisons);
  }

  private static Map<String, Section> byName(List<Section> sections) {
    Map<String, Section> byName = new LinkedHashMap<>();
    sections.forEach(section -> byName.put(section.name(), section));
    return byName;
  }

  /**
   * The parts that only one has; none if the other is a lone file, which is compared with the model
   * alone.
   */
  private static List<String> without(Map<String, Section> sections, Map<String, Section> other) {
    if (other.size() == 1 && other.containsKey(Section.MODEL)) {
      return List.of();
    }
    return sections.keySet().stream().filter(name -> !other.containsKey(name)).toList();
  }

  /** Whether there are none. */
  boolean isEmpty() {
    return onlyBefore.isEmpty()
        && onlyAfter.isEmpty()
        && comparisons.stream().allMatch(Comparison::isEmpty);
  }

  Json.Obj json() {
    return DiffDocument.of(isEmpty(), onlyBefore, onlyAfter, comparisons);
  }
}
