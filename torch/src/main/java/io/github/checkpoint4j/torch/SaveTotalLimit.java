package io.github.checkpoint4j.torch;

import io.github.checkpoint4j.Direction;
import io.github.checkpoint4j.Moment;
import io.github.checkpoint4j.RetentionPolicy;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The newest checkpoints up to a number, the best one counted: Hugging Face's {@code
 * save_total_limit}. With a limit of 1 the newest and the best are kept.
 *
 * @param metric the metric that tells the best, if one does
 */
record SaveTotalLimit(int limit, Optional<String> metric, Direction direction)
    implements RetentionPolicy {
  @Override
  public Set<Moment> keep(List<Moment> saved, Instant now) {
    Optional<Moment> best =
        metric.flatMap(name -> direction.rank(name, saved).stream().findFirst());
    Set<Moment> kept = new HashSet<>();
    best.ifPresent(kept::add);
    if (!saved.isEmpty()) {
      kept.add(saved.getLast());
    }
    for (Moment moment : saved.reversed()) {
      if (kept.size() < limit) {
        kept.add(moment);
      }
    }
    return kept;
  }

  @Override
  public String description() {
    return metric.isPresent()
        ? "newest and best by %s up to %d".formatted(metric.get(), limit)
        : "newest " + limit;
  }
}
