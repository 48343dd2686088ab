package io.github.checkpoint4j.store;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.Json;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A process that writes to a run's directory. A process id is used again after its process ended,
 * so its start time belongs to it.
 */
record LockOwner(String host, long pid, Optional<Instant> started) {
  /** How far a process's start may move: Linux counts it from boot, on a clock that is set. */
  private static final Duration CLOCK_STEP = Duration.ofSeconds(10);

  private static final LockOwner CURRENT =
      new LockOwner(
          hostName(), ProcessHandle.current().pid(), ProcessHandle.current().info().startInstant());

  /** This process. */
  static LockOwner current() {
    return CURRENT;
  }

  /** The host's name without asking a name server, which may take long where there is none. */
  private static String hostName() {
    try {
      return Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
    } catch (IOException e) {
      Map<String, String> environment = System.getenv();
      return environment.getOrDefault(
          "HOSTNAME", environment.getOrDefault("COMPUTERNAME", "unknown"));
    }
  }

  /** The owner that {@code text} names; empty if it does not, for it is not to be relied on. */
  static Optional<LockOwner> parse(String text) {
    try {
      if (!(Json.parse(MemorySegment.ofArray(text.getBytes(StandardCharsets.UTF_8)), "lock")
          instanceof Json.Obj owner)) {
        return Optional.empty();
      }
      Optional<Instant> started =
          owner.find("started").isPresent()
              ? Optional.of(Instant.parse(owner.text("started")))
              : Optional.empty();
      return Optional.of(new LockOwner(owner.text("host"), owner.integer("pid"), started));
    } catch (CorruptFileException | IllegalArgumentException | DateTimeParseException e) {
      return Optional.empty();
    }
  }

  /** Whoever left {@code text} in the lock's file, in words; empty if no one did. */
  static Optional<String> describe(String text) {
    return text.isEmpty()
        ? Optional.empty()
        : Optional.of(parse(text).map(LockOwner::toString).orElse("an unknown process"));
  }

  /**
   * Whoever left {@code text} in the lock's file without holding the lock, in words, and how it is
   * with that process; empty if no one did.
   */
  static Optional<String> describeStale(String text) {
    return text.isEmpty()
        ? Optional.empty()
        : Optional.of(parse(text).map(LockOwner::stale).orElse("an unknown process"));
  }

  private String stale() {
    return this
        + switch (liveness()) {
          case ALIVE -> ", which still runs, but without the lock: was the directory copied?";
          case ENDED -> ", which has ended";
          case PID_REUSED -> ", which has ended; its id is that of another process now";
          case ON_ANOTHER_HOST ->
              "; on another host: whether it still runs cannot be seen from here";
          case UNKNOWN -> "";
        };
  }

  boolean isThisProcess() {
    return pid == ProcessHandle.current().pid();
  }

  /** Whether the process still runs, as far as this machine can tell. */
  Diagnosis.Liveness liveness() {
    if (!host.equals(hostName())) {
      return Diagnosis.Liveness.ON_ANOTHER_HOST;
    }
    Optional<ProcessHandle> process = pid > 0 ? ProcessHandle.of(pid) : Optional.empty();
    if (process.isEmpty() || !process.get().isAlive()) {
      return Diagnosis.Liveness.ENDED;
    }
    Optional<Instant> now = process.get().info().startInstant();
    boolean same =
        started.isEmpty()
            || now.isEmpty()
            || Duration.between(started.get(), now.get()).abs().compareTo(CLOCK_STEP) <= 0;
    return same ? Diagnosis.Liveness.ALIVE : Diagnosis.Liveness.PID_REUSED;
  }

  String toText() {
    Map<String, Json> members = new LinkedHashMap<>();
    members.put("host", Json.of(host));
    members.put("pid", Json.of(pid));
    started.ifPresent(time -> members.put("started", Json.of(time.toString())));
    return Json.object(members).toText() + "\n";
  }

  @Override
  public String toString() {
    return "process " + pid + " on " + host + started.map(time -> ", started " + time).orElse("");
  }
}
