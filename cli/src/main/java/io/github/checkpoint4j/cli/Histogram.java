package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.format.Json;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * How many of a tensor's finite elements lie in each of as many intervals of one width.
 *
 * @param minimum where the first begins, the least element
 * @param maximum where the last ends, the greatest element, which is in it
 * @param counts of each; a single one if all elements are equal
 */
record Histogram(double minimum, double maximum, List<Long> counts) {
  static final int INTERVALS = 64;

  Histogram {
    counts = List.copyOf(counts);
  }

  /**
   * That of a tensor, which is read once.
   *
   * @param statistics the tensor's
   * @return empty if no element is finite, or they are no numbers
   */
  static Optional<Histogram> of(NumericArray tensor, Statistics statistics) {
    Optional<Elements> elements = tensor.elements();
    OptionalDouble minimum = statistics.minimum();
    OptionalDouble maximum = statistics.maximum();
    if (elements.isEmpty() || minimum.isEmpty() || maximum.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(of(tensor, elements.get(), minimum.getAsDouble(), maximum.getAsDouble()));
  }

  private static Histogram of(
      NumericArray tensor, Elements elements, double minimum, double maximum) {
    long[] counts = new long[minimum == maximum ? 1 : INTERVALS];
    // Halves, since the range itself may be beyond a double.
    double range = maximum / 2 - minimum / 2;
    MemorySegment bytes = tensor.bytes();
    long count = tensor.elementCount();
    for (long i = 0; i < count; i++) {
      double value = elements.at(bytes, i);
      if (Double.isFinite(value)) {
        double part = range == 0 ? 0 : (value / 2 - minimum / 2) / range;
        counts[Math.min(counts.length - 1, (int) (part * counts.length))]++;
      }
    }
    return new Histogram(minimum, maximum, Arrays.stream(counts).boxed().toList());
  }

  Json.Obj json() {
    return Json.object()
        .put("min", Plain.number(minimum))
        .put("max", Plain.number(maximum))
        .put("counts", Json.array(counts.stream().map(Json::of).toList()))
        .build();
  }
}
