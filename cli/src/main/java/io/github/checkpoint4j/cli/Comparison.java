package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.state.Glob;
import io.github.checkpoint4j.state.Value;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.LongConsumer;

/**
 * What differs between two sections of one name.
 *
 * @param name the sections'
 * @param compared how many names both have
 * @param onlyBefore what only the first has
 * @param onlyAfter what only the second has
 * @param tensors those whose bytes differ, the most changed first
 * @param values others that differ, in the first's order
 */
record Comparison(
    String name,
    int compared,
    List<StateEntry> onlyBefore,
    List<StateEntry> onlyAfter,
    List<ChangedTensor> tensors,
    List<ChangedValue> values) {

  /**
   * A tensor that differs.
   *
   * @param difference how its numbers differ; empty if they cannot be compared
   */
  record ChangedTensor(
      String name,
      NumericArray before,
      NumericArray after,
      Optional<TensorDifference> difference) {}

  /** A value that differs, or a tensor that is none in the other. */
  record ChangedValue(String name, Value before, Value after) {}

  /**
   * Compares what matches the pattern. Tensors are read once, in pieces, and need no memory of
   * their own.
   *
   * @param compared is told how many more bytes of tensors of the first were compared; what it
   *     throws ends the comparison
   */
  static Comparison of(Section before, Section after, Glob filter, LongConsumer compared) {
    List<StateEntry> onlyBefore = new ArrayList<>();
    List<ChangedTensor> tensors = new ArrayList<>();
    List<ChangedValue> values = new ArrayList<>();
    int both = 0;
    for (Map.Entry<String, Value> entry : before.entries().entrySet()) {
      String name = entry.getKey();
      if (!filter.matches(name)) {
        continue;
      }
      Value a = entry.getValue();
      if (!after.entries().containsKey(name)) {
        onlyBefore.add(new StateEntry(List.of(name), a));
        continue;
      }
      both++;
      Value b = Objects.requireNonNull(after.entries().get(name));
      Optional<NumericArray> x = NumericArray.of(a);
      Optional<NumericArray> y = NumericArray.of(b);
      if (x.isPresent() && y.isPresent()) {
        if (!x.get().hasSameBytes(y.get())) {
          tensors.add(
              new ChangedTensor(name, x.get(), y.get(), TensorDifference.of(x.get(), y.get())));
        }
        compared.accept(x.get().bytes().byteSize());
      } else if (!a.equals(b)) {
        values.add(new ChangedValue(name, a, b));
      }
    }
    tensors.sort(Comparator.comparingDouble(Comparison::rank).reversed());
    List<StateEntry> onlyAfter = new ArrayList<>();
    after
        .entries()
        .forEach(
            (name, value) -> {
              if (filter.matches(name) && !before.entries().containsKey(name)) {
                onlyAfter.add(new StateEntry(List.of(name), value));
              }
            });
    return new Comparison(before.name(), both, onlyBefore, onlyAfter, tensors, values);
  }

  /** What cannot be compared comes first. */
  private static double rank(ChangedTensor tensor) {
    return tensor
        .difference()
        .map(
            d ->
                d.notFinite() > 0
                    ? Double.MAX_VALUE
                    : d.relative().orElse(d.change() > 0 ? Double.MAX_VALUE : 0))
        .orElse(Double.POSITIVE_INFINITY);
  }

  boolean isEmpty() {
    return onlyBefore.isEmpty() && onlyAfter.isEmpty() && tensors.isEmpty() && values.isEmpty();
  }
}
