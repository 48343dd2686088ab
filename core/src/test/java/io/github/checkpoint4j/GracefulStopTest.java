package io.github.checkpoint4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.store.Checkpoint;
import io.github.checkpoint4j.store.CheckpointInfo;
import io.github.checkpoint4j.store.CheckpointStore;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A training in a JVM of its own that saves in the background and is told to stop. */
@Timeout(value = 180, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class GracefulStopTest {
  private static final Duration AMPLE = Duration.ofMinutes(2);

  @TempDir Path temporary;
  private Optional<Process> process = Optional.empty();
  private final List<String> lines = new ArrayList<>();

  @AfterEach
  void end() {
    process.ifPresent(Process::destroyForcibly);
  }

  private BufferedReader start(StoppableLoop.Ending ending, Duration deadline) throws Exception {
    List<String> command = new ArrayList<>(withDefaultSignals());
    command.addAll(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx256m",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
            StoppableLoop.class.getName(),
            ending.name(),
            run().toString(),
            String.valueOf(deadline.toMillis())));
    Process started = new ProcessBuilder(command).redirectErrorStream(true).start();
    process = Optional.of(started);
    return started.inputReader(StandardCharsets.UTF_8);
  }

  /**
   * A process that a shell starts in the background ignores SIGINT, and so do all that it starts;
   * {@code env} can undo that, where it is GNU's.
   */
  private static List<String> withDefaultSignals() throws Exception {
    List<String> env = List.of("env", "--default-signal=INT,TERM");
    List<String> trial = new ArrayList<>(env);
    trial.add("true");
    Process tried =
        new ProcessBuilder(trial).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    return tried.waitFor() == 0 ? env : List.of();
  }

  private Path run() {
    return temporary.resolve("run");
  }

  private void signal(String name) throws Exception {
    String pid = String.valueOf(process.orElseThrow().pid());
    new ProcessBuilder("kill", "-" + name, pid).start().waitFor();
  }

  private void readUntil(BufferedReader output, Predicate<String> wanted) throws IOException {
    for (String line = output.readLine(); line != null; line = output.readLine()) {
      lines.add(line);
      if (wanted.test(line)) {
        return;
      }
    }
    throw new AssertionError("it ended before it said that: " + lines);
  }

  private int readToTheEnd(BufferedReader output) throws Exception {
    for (String line = output.readLine(); line != null; line = output.readLine()) {
      lines.add(line);
    }
    assertThat(process.orElseThrow().waitFor(60, TimeUnit.SECONDS)).isTrue();
    return process.orElseThrow().exitValue();
  }

  private long last(String what) {
    return lines.stream()
        .filter(line -> line.startsWith(what + " "))
        .map(line -> Long.parseLong(line.substring(what.length() + 1)))
        .reduce(0L, (_, line) -> line);
  }

  /** The checkpoints there are, each of them clean and what was trained at its step. */
  private List<Long> cleanCheckpoints() throws IOException {
    List<Long> steps = new ArrayList<>();
    try (CheckpointStore store = CheckpointStore.readOnly(run())) {
      for (CheckpointInfo info : store.list()) {
        try (Checkpoint checkpoint = store.open(info)) {
          checkpoint.verify().requireClean();
          byte[] weight = checkpoint.state("model").tensor("weight").toByteArray();
          byte[] expected = new byte[StoppableLoop.MODEL];
          Arrays.fill(expected, (byte) info.step());
          assertThat(Arrays.mismatch(weight, expected)).isEqualTo(-1);
          steps.add(info.step());
        }
      }
    }
    return steps;
  }

  @ParameterizedTest
  @CsvSource({"INT, 130", "TERM, 143"})
  void the_step_is_finished_and_saved_and_the_status_is_the_signals(String name, int status)
      throws Exception {
    BufferedReader output = start(StoppableLoop.Ending.ORDERLY, AMPLE);
    readUntil(output, "durable 2"::equals);
    signal(name);
    assertThat(readToTheEnd(output)).isEqualTo(status);
    assertThat(lines).contains("told to stop");
    long stopped = last("stopped at");
    assertThat(stopped).isGreaterThan(2);
    assertThat(last("durable")).isEqualTo(stopped);
    assertThat(cleanCheckpoints()).last().isEqualTo(stopped);
    assertThat(Files.size(run().resolve(".checkpoint4j.lock"))).isZero();
  }

  @Test
  void more_signals_while_it_saves_corrupt_nothing() throws Exception {
    BufferedReader output = start(StoppableLoop.Ending.ORDERLY, AMPLE);
    readUntil(output, "durable 2"::equals);
    for (int i = 0; i < 5; i++) {
      signal("TERM");
      signal("INT");
    }
    assertThat(readToTheEnd(output)).isIn(130, 143);
    assertThat(cleanCheckpoints()).last().isEqualTo(last("stopped at"));
    try (var left = Files.list(run())) {
      assertThat(left.map(path -> path.getFileName().toString()))
          .noneMatch(name -> name.contains(".tmp-"));
    }
  }

  @Test
  void at_the_deadline_the_jvm_ends_and_what_was_acknowledged_is_there() throws Exception {
    BufferedReader output = start(StoppableLoop.Ending.STUCK, Duration.ofMillis(300));
    readUntil(output, "durable 2"::equals);
    signal("TERM");
    assertThat(readToTheEnd(output)).isEqualTo(143);
    assertThat(lines).contains("told to stop").noneMatch(line -> line.startsWith("stopped"));
    assertThat(cleanCheckpoints().getLast()).isGreaterThanOrEqualTo(last("durable"));
  }

  @Test
  void a_kill_in_a_save_in_the_background_leaves_what_was_acknowledged() throws Exception {
    for (int kill = 0; kill < 4; kill++) {
      BufferedReader output = start(StoppableLoop.Ending.STUCK, AMPLE);
      readUntil(output, line -> line.startsWith("durable"));
      Thread.sleep(kill * 7L);
      signal("KILL");
      readToTheEnd(output);
      assertThat(cleanCheckpoints().getLast()).isGreaterThanOrEqualTo(last("durable"));
    }
    assertThat(last("durable")).isGreaterThanOrEqualTo(8);
  }

  @Test
  void an_exit_in_the_loop_itself_is_not_held_up() throws Exception {
    BufferedReader output = start(StoppableLoop.Ending.EXIT, AMPLE);
    assertThat(readToTheEnd(output)).isEqualTo(7);
    assertThat(cleanCheckpoints().getLast()).isGreaterThanOrEqualTo(last("durable"));
  }

  @Test
  void a_program_that_ends_without_closing_ends_after_the_save() throws Exception {
    BufferedReader output = start(StoppableLoop.Ending.UNCLOSED, AMPLE);
    assertThat(readToTheEnd(output)).isZero();
    assertThat(cleanCheckpoints()).containsExactly(1L);
  }

  @Test
  void a_stop_that_was_closed_is_over() {
    GracefulStop stop = GracefulStop.within(AMPLE);
    assertThat(stop.requested()).isFalse();
    stop.close();
    stop.close();
    assertThat(stop.requested()).isFalse();
  }

  @Test
  void a_deadline_is_some_time() {
    assertThatThrownBy(() -> GracefulStop.within(Duration.ZERO))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the deadline of a stop must be positive, and is PT0S");
  }
}
