package io.github.checkpoint4j.store;

import java.util.List;
import java.util.Optional;

/**
 * What opening a run's directory for writing found of a writer that did not end in order, and did
 * about it.
 *
 * @param staleOwner the writer that ended without giving up the lock
 * @param restored checkpoints that got their name back, since their replacement was not complete
 * @param removed hidden directories that were removed: unfinished saves and deletions
 * @param left hidden directories that could not be removed, with the reason
 */
public record Recovery(
    Optional<String> staleOwner, List<String> restored, List<String> removed, List<String> left) {
  public Recovery {
    restored = List.copyOf(restored);
    removed = List.copyOf(removed);
    left = List.copyOf(left);
  }

  /** Whether there was nothing to do. */
  public boolean isEmpty() {
    return staleOwner.isEmpty() && restored.isEmpty() && removed.isEmpty() && left.isEmpty();
  }
}
