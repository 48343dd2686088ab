package io.github.checkpoint4j;

import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** The best few by a metric. */
record BestPolicy(String metric, Direction direction, int count) implements RetentionPolicy {
  BestPolicy {
    Positive.require("the number of best checkpoints to keep", count);
  }

  @Override
  public Set<Moment> keep(List<Moment> saved, Instant now) {
    Set<String> measured = new TreeSet<>();
    saved.forEach(moment -> measured.addAll(moment.metrics().keySet()));
    if (!measured.contains(metric)) {
      requireMeasured("the best checkpoints are to be kept by", metric, measured);
      return Set.copyOf(saved);
    }
    return direction.rank(metric, saved).stream()
        .limit(count)
        .collect(Collectors.toUnmodifiableSet());
  }

  /**
   * Refuses metrics that an evaluation measured and that lack the wanted one. Others, such as the
   * loss of the training, may be measured more often than it.
   *
   * @param purpose what goes by the metric
   */
  static void requireMeasured(String purpose, String metric, Set<String> measured) {
    if (!measured.contains(metric)
        && measured.stream()
            .anyMatch(name -> name.startsWith("eval_") || name.startsWith("val_"))) {
      throw new IllegalArgumentException(
          "%s '%s', which was not measured; there are: %s"
              .formatted(purpose, metric, String.join(", ", new TreeSet<>(measured))));
    }
  }

  @Override
  public String description() {
    return "best %d by %s (%s)"
        .formatted(count, metric, direction == Direction.MINIMIZE ? "min" : "max");
  }
}
