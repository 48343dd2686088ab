package io.github.checkpoint4j.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What was made of runs, until they change; but no longer than {@link #LONGEST}, since a writer's
 * end leaves no trace in its run.
 *
 * <p>Safe for use by several threads.
 */
final class Remembered<T> {
  private static final Duration LONGEST = Duration.ofSeconds(10);

  private final InstantSource clock;
  private final Map<Path, Made<T>> entries;

  /**
   * @param most of how many runs
   */
  Remembered(InstantSource clock, int most) {
    this.clock = clock;
    this.entries =
        new LinkedHashMap<>(16, 0.75f, true) {
          private static final long serialVersionUID = 1;

          @Override
          protected boolean removeEldestEntry(Map.Entry<Path, Made<T>> eldest) {
            return size() > most;
          }
        };
  }

  private record Made<T>(RunStamp stamp, Instant time, T value) {}

  /** Makes something of a run. */
  @FunctionalInterface
  interface Making<T> {
    T of(Path run) throws IOException;
  }

  /** What is made of a run, or was. */
  T get(Path run, Making<T> making) throws IOException {
    RunStamp stamp = RunStamp.of(run);
    Instant now = clock.instant();
    synchronized (entries) {
      Made<T> made = entries.get(run);
      if (made != null
          && made.stamp().equals(stamp)
          && Duration.between(made.time(), now).compareTo(LONGEST) < 0) {
        return made.value();
      }
    }
    T value = making.of(run);
    synchronized (entries) {
      entries.put(run, new Made<>(stamp, now, value));
    }
    return value;
  }
}
