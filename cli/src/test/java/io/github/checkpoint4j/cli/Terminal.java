package io.github.checkpoint4j.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A process on a terminal of its own, as a person has one: what is typed and what is seen. */
final class Terminal implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final Process process;
  private final StringBuilder seen = new StringBuilder();
  private int looked;

  private Terminal(Process process) {
    this.process = process;
    Thread.ofPlatform().daemon().start(this::read);
  }

  /** Whether the {@code script} of util-linux is there, which makes terminals. */
  static boolean isAvailable() {
    return System.getProperty("os.name").equals("Linux") && find("script").isPresent();
  }

  /** A program on the PATH. */
  static Optional<Path> find(String program) {
    return Stream.of(System.getenv("PATH").split(":", -1))
        .map(folder -> Path.of(folder, program))
        .filter(Files::isExecutable)
        .findFirst();
  }

  /** Starts a command line of {@code sh} on a terminal of 80 columns that understands colours. */
  static Terminal start(Path directory, Map<String, String> environment, String command)
      throws IOException {
    List<String> words = new ArrayList<>(Signals.asUsual());
    words.addAll(
        List.of("script", "-q", "-e", "-c", "stty cols 80 rows 24; " + command, "/dev/null"));
    ProcessBuilder builder =
        new ProcessBuilder(words).directory(directory.toFile()).redirectErrorStream(true);
    builder.environment().keySet().removeAll(List.of("NO_COLOR", "PS1", "PROMPT_COMMAND"));
    builder.environment().putAll(Map.of("TERM", "xterm", "LC_ALL", "C.UTF-8", "SHELL", "/bin/sh"));
    builder.environment().putAll(environment);
    return new Terminal(builder.start());
  }

  private void read() {
    try (InputStream output = process.getInputStream()) {
      byte[] bytes = new byte[1 << 16];
      for (int count = output.read(bytes); count >= 0; count = output.read(bytes)) {
        synchronized (seen) {
          // A character of several bytes may be cut; nothing that is waited for has one.
          seen.append(new String(bytes, 0, count, StandardCharsets.UTF_8));
          seen.notifyAll();
        }
      }
    } catch (IOException e) {
      // The terminal is gone with its process; what was seen before is kept.
    }
  }

  /** Types. */
  void type(String text) throws IOException {
    OutputStream input = process.getOutputStream();
    input.write(text.getBytes(StandardCharsets.UTF_8));
    input.flush();
  }

  /** Waits until something like this is seen, after what was waited for before. */
  Matcher await(String pattern) throws InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    synchronized (seen) {
      while (true) {
        Matcher matcher = Pattern.compile(pattern).matcher(seen);
        if (matcher.find(looked)) {
          looked = matcher.end();
          return matcher;
        }
        if (System.nanoTime() > deadline || !process.isAlive()) {
          throw new AssertionError("'%s' was not seen in: %s".formatted(pattern, seen));
        }
        seen.wait(100);
      }
    }
  }

  /** Waits for the end; all that was seen. */
  String end() throws InterruptedException {
    if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
      throw new AssertionError("it did not end: " + output());
    }
    Thread.sleep(100);
    return output();
  }

  /** The exit status of the command. */
  int status() throws InterruptedException {
    end();
    return process.exitValue();
  }

  String output() {
    synchronized (seen) {
      return seen.toString();
    }
  }

  /** The processes of the command, as far as they are this program. */
  List<Long> javas() {
    List<Long> found = new ArrayList<>();
    process
        .descendants()
        .filter(each -> each.info().command().orElse("").endsWith("/java"))
        .forEach(each -> found.add(each.pid()));
    return found;
  }

  @Override
  public void close() {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
  }
}
