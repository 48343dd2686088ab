package io.github.checkpoint4j.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** {@code ckpt} in a JVM of its own, so that it can be killed. */
final class TrainingProcess implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final Pattern SAVED = Pattern.compile("saved checkpoint-(\\d+) ");

  private final Process process;
  private final List<String> lines = new ArrayList<>();
  private final Thread reader;

  private TrainingProcess(Process process) {
    this.process = process;
    this.reader = Thread.ofPlatform().daemon().start(this::read);
  }

  /** Starts {@code ckpt} with these arguments, its two outputs as one. */
  static TrainingProcess start(List<String> arguments) throws IOException {
    List<String> command = new ArrayList<>(Signals.asUsual());
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-Xmx512m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-cp",
            System.getProperty("java.class.path"),
            Ckpt.class.getName()));
    command.addAll(arguments);
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("OMP_WAIT_POLICY", "passive");
    return new TrainingProcess(builder.start());
  }

  private void read() {
    try (BufferedReader output = process.inputReader(StandardCharsets.UTF_8)) {
      for (String line = output.readLine(); line != null; line = output.readLine()) {
        synchronized (lines) {
          lines.add(line);
          lines.notifyAll();
        }
      }
    } catch (IOException e) {
      // The pipe of a process that was killed may break; what it said before is in the lines.
    }
  }

  /** What it has said so far. */
  List<String> lines() {
    synchronized (lines) {
      return List.copyOf(lines);
    }
  }

  /** What it has said, as one text, for messages of assertions. */
  String output() {
    return String.join("\n", lines());
  }

  /** The steps of the checkpoints that it has said it saved. */
  List<Long> acknowledged() {
    return lines().stream()
        .map(SAVED::matcher)
        .filter(Matcher::find)
        .map(match -> Long.parseLong(match.group(1)))
        .toList();
  }

  /** Waits until it has said a line like this; fails if it ends before. */
  String awaitLine(Predicate<String> wanted) throws InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    synchronized (lines) {
      int seen = 0;
      while (true) {
        for (; seen < lines.size(); seen++) {
          if (wanted.test(lines.get(seen))) {
            return lines.get(seen);
          }
        }
        if (!process.isAlive() && !reader.isAlive()) {
          throw new AssertionError("it ended before it said that:\n" + output());
        }
        if (System.nanoTime() > deadline) {
          throw new AssertionError("it did not say that in time:\n" + output());
        }
        lines.wait(100);
      }
    }
  }

  /**
   * Waits until there is an entry like this in the directory, or the process has ended. Returns
   * whether there was one.
   */
  boolean awaitEntry(Path directory, Predicate<String> wanted) throws InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (process.isAlive()) {
      if (entries(directory).stream().anyMatch(wanted)) {
        return true;
      }
      if (System.nanoTime() > deadline) {
        throw new AssertionError("no such entry came in time:\n" + output());
      }
      Thread.onSpinWait();
    }
    return false;
  }

  /** The names in a directory; none if there is no such directory. */
  static List<String> entries(Path directory) {
    try (Stream<Path> paths = Files.list(directory)) {
      return paths.map(path -> path.getFileName().toString()).sorted().toList();
    } catch (IOException e) {
      return List.of();
    }
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** SIGKILL. */
  void kill() throws InterruptedException {
    process.destroyForcibly();
    await();
  }

  /** Sends a signal by its name, for instance {@code TERM}. */
  void signal(String name) throws IOException, InterruptedException {
    new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start().waitFor();
  }

  /** Waits for its end; returns its exit status. */
  int await() throws InterruptedException {
    if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new AssertionError("it did not end in time:\n" + output());
    }
    reader.join(PATIENCE);
    return process.exitValue();
  }

  /** The number in the newest {@code checkpoint-N} of a run; empty if there is none. */
  static Optional<Long> newest(Path run) {
    return entries(run).stream()
        .filter(name -> name.matches("checkpoint-\\d+"))
        .map(name -> Long.parseLong(name.substring("checkpoint-".length())))
        .max(Long::compare);
  }

  @Override
  public void close() {
    process.destroyForcibly().onExit().join();
  }
}
