package io.github.checkpoint4j;

import java.time.Duration;
import java.time.Instant;

/**
 * A time in which training waited for a save: for all of it, or in the background for the save
 * before and a copy of the state.
 *
 * @param begin when it began
 * @param end when training could go on; not before {@code begin}
 */
public record Pause(Instant begin, Instant end) {
  /** A clock that was set back in between makes a pause of no length. */
  public Pause {
    end = end.isBefore(begin) ? begin : end;
  }

  /** How long training waited. */
  public Duration length() {
    return Duration.between(begin, end);
  }
}
