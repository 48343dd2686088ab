package io.github.checkpoint4j;

import java.time.Instant;
import java.util.List;
import java.util.Set;

/** A policy that is not made of others, with what it keeps in words. */
record DescribedPolicy(String description, RetentionPolicy policy) implements RetentionPolicy {
  @Override
  public Set<Moment> keep(List<Moment> saved, Instant now) {
    return policy.keep(saved, now);
  }
}
