package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.GracefulStop;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CancellationException;

/**
 * How far a verb is that reads or writes many bytes: a line on the terminal, drawn again and again
 * and taken away at the end, also at the end by a signal. Where standard error is no terminal,
 * nothing is said.
 */
final class Progress implements AutoCloseable {
  /** Work that is over by then is not told. */
  private static final Duration PATIENCE = Duration.ofMillis(300);

  private static final Duration REDRAW = Duration.ofMillis(100);

  /** How long the last piece, and taking away what is written, may take after a signal. */
  private static final Duration STOP_WITHIN = Duration.ofSeconds(30);

  private static final String CLEAR_LINE = "\r\u001b[K";
  private static final int WIDTH = 80;
  private static final int CELLS = 10;

  private final PrintWriter err;
  private final boolean terminal;
  private final InstantSource clock;
  private final Optional<GracefulStop> stop;
  private final Thread hook = new Thread(this::end, "end of the progress line");

  private String what = "";
  private long total;
  private long done;
  private Instant begun;
  private Instant drawn = Instant.EPOCH;
  private boolean shown;
  private boolean ended;

  Progress(PrintWriter err, boolean terminal, InstantSource clock, Optional<GracefulStop> stop) {
    this.err = err;
    this.terminal = terminal;
    this.clock = clock;
    this.stop = stop;
    this.begun = clock.instant();
    if (terminal) {
      try {
        Runtime.getRuntime().addShutdownHook(hook);
      } catch (IllegalStateException e) {
        ended = true; // The JVM is ending already: there is nothing to tell any more.
      }
    }
  }

  /** Of a verb that reads; a signal ends the process at once. */
  static Progress ofReading(PrintWriter err) {
    return new Progress(err, onTerminal(), InstantSource.system(), Optional.empty());
  }

  /**
   * Of a verb that writes a file whole or not at all: after a signal the next {@link #add} throws,
   * and the process ends when this is closed.
   */
  static Progress ofWriting(PrintWriter err) {
    Optional<GracefulStop> stop = Optional.of(GracefulStop.within(STOP_WITHIN));
    return new Progress(err, onTerminal(), InstantSource.system(), stop);
  }

  /**
   * Whether standard error is a terminal on which a line can be drawn again, which the launcher
   * tells, and the user does not want it otherwise.
   */
  static boolean onTerminal() {
    return Boolean.getBoolean("checkpoint4j.terminal")
        && System.getenv().getOrDefault("NO_COLOR", "").isEmpty()
        && !"dumb".equals(System.getenv("TERM"));
  }

  /** Begins a part of the work, of so many bytes; 0 if that is not known. */
  synchronized void begin(String part, long bytes) {
    what = part;
    total = bytes;
    done = 0;
    begun = clock.instant();
  }

  /**
   * So many more bytes are done.
   *
   * @throws CancellationException after a signal, if the work writes
   */
  synchronized void add(long bytes) {
    if (stop.filter(GracefulStop::requested).isPresent()) {
      end();
      err.println("interrupted: nothing was written");
      err.flush();
      throw new CancellationException("interrupted");
    }
    done += bytes;
    Instant now = clock.instant();
    if (terminal
        && !ended
        && Duration.between(begun, now).compareTo(PATIENCE) >= 0
        && Duration.between(drawn, now).compareTo(REDRAW) >= 0) {
      drawn = now;
      shown = true;
      err.print(CLEAR_LINE + line(Duration.between(begun, now)));
      err.flush();
    }
  }

  /** For instance {@code writing 42%|████ | 1.2 GB of 2.9 GB, 410.0 MB/s, 0:04 left}. */
  private String line(Duration elapsed) {
    double perSecond = done / (elapsed.toNanos() / 1e9);
    List<String> parts = new ArrayList<>();
    if (total > 0) {
      double share = Math.clamp((double) done / total, 0, 1);
      int full = (int) (share * CELLS);
      parts.add(
          "%s %3d%%|%s%s| %s of %s"
              .formatted(
                  what,
                  (int) (share * 100),
                  "█".repeat(full),
                  " ".repeat(CELLS - full),
                  Quantities.size(done),
                  Quantities.size(total)));
    } else {
      parts.add(what + " " + Quantities.size(done));
    }
    parts.add(Quantities.size(Math.round(perSecond)) + "/s");
    if (total > 0 && perSecond > 0) {
      long seconds = Math.round(Math.max(0, total - done) / perSecond);
      parts.add(String.format(Locale.ROOT, "%d:%02d left", seconds / 60, seconds % 60));
    }
    String line = String.join(", ", parts);
    return line.length() < WIDTH ? line : line.substring(0, WIDTH - 2) + "…";
  }

  /** The work is done: takes the line away, so that its result can be printed. */
  synchronized void end() {
    ended = true;
    if (shown) {
      shown = false;
      err.print(CLEAR_LINE);
      err.flush();
    }
  }

  /** As {@link #end}; a signal ends the process again. */
  @Override
  public void close() {
    end();
    if (terminal) {
      try {
        Runtime.getRuntime().removeShutdownHook(hook);
      } catch (IllegalStateException e) {
        // The JVM is ending: the hook finds nothing to do.
      }
    }
    stop.ifPresent(GracefulStop::close);
  }
}
