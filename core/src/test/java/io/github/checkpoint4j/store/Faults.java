package io.github.checkpoint4j.store;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The faults of a disk, and the count of calls and bytes that they go by. */
final class Faults {
  private static final long AMPLE = 1L << 40;

  /**
   * How far a write gets.
   *
   * @param problem why it is not further
   */
  record Written(int bytes, Optional<String> problem) {}

  private final List<Fault> faults = new ArrayList<>();
  private long calls;
  private long used;

  void inject(Fault fault) {
    faults.add(fault);
    calls = 0;
    used = 0;
  }

  void heal() {
    faults.clear();
  }

  long calls() {
    return calls;
  }

  /** The directory that vanishes before the next call. */
  Optional<Path> vanishing() {
    if (faults.isEmpty()) {
      return Optional.empty();
    }
    return faults.stream()
        .filter(fault -> fault instanceof Fault.Vanished vanished && vanished.call() == calls + 1)
        .map(fault -> ((Fault.Vanished) fault).directory())
        .findFirst();
  }

  /** Counts a call; returns why it fails, if it does. */
  Optional<String> call(boolean changes) {
    calls++;
    for (Fault fault : faults) {
      switch (fault) {
        case Fault.Broken(long call) when call == calls -> {
          return Optional.of("Input/output error");
        }
        case Fault.Dead(long call) when call <= calls -> {
          return Optional.of("Input/output error");
        }
        case Fault.ReadOnly _ when changes -> {
          return Optional.of("Read-only file system");
        }
        default -> {}
      }
    }
    return Optional.empty();
  }

  Written write(int size) {
    for (Fault fault : faults) {
      if (fault instanceof Fault.ShortWrite(long call) && call == calls) {
        used += size / 2;
        return new Written(size / 2, Optional.of("Input/output error"));
      }
    }
    int fits = (int) Math.min(size, room());
    used += fits;
    return new Written(
        fits, fits < size ? Optional.of("No space left on device") : Optional.empty());
  }

  void free(int bytes) {
    used -= bytes;
  }

  long room() {
    return faults.stream()
        .mapToLong(fault -> fault instanceof Fault.Full(long bytes) ? bytes - used : AMPLE)
        .min()
        .orElse(AMPLE);
  }
}
