package io.github.checkpoint4j;

import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Two policies together.
 *
 * @param both whether both have to keep a moment; otherwise one is enough
 */
record CombinedPolicy(RetentionPolicy one, RetentionPolicy other, boolean both)
    implements RetentionPolicy {
  @Override
  public Set<Moment> keep(List<Moment> saved, Instant now) {
    return reasons(saved, now).keySet();
  }

  @Override
  public Map<Moment, List<String>> reasons(List<Moment> saved, Instant now) {
    Map<Moment, List<String>> reasons = new LinkedHashMap<>(one.reasons(saved, now));
    Map<Moment, List<String>> others = other.reasons(saved, now);
    if (both) {
      reasons.keySet().retainAll(others.keySet());
    }
    others.forEach(
        (moment, more) -> {
          if (!both || reasons.containsKey(moment)) {
            reasons.merge(moment, more, CombinedPolicy::joined);
          }
        });
    return reasons;
  }

  private static List<String> joined(List<String> reasons, List<String> more) {
    List<String> all = new ArrayList<>(reasons);
    more.stream().filter(reason -> !all.contains(reason)).forEach(all::add);
    return all;
  }

  @Override
  public String description() {
    return both
        ? "(%s and %s)".formatted(one.description(), other.description())
        : "%s or %s".formatted(one.description(), other.description());
  }
}
