package io.github.checkpoint4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.GracefulStop;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;

class ProgressTest {
  private static final String CLEAR = "\r\u001b[K";

  private final StringWriter seen = new StringWriter();
  private Instant now = Instant.EPOCH.plusSeconds(1000);

  private Progress progress(boolean terminal) {
    return new Progress(new PrintWriter(seen), terminal, () -> now, Optional.empty());
  }

  private void pass(long milliseconds) {
    now = now.plus(Duration.ofMillis(milliseconds));
  }

  @Test
  void the_line_tells_bytes_rate_and_time_left_and_is_taken_away() {
    try (Progress progress = progress(true)) {
      progress.begin("verifying checkpoint-50", 8_000_000_000L);
      pass(2000);
      progress.add(2_000_000_000L);
    }

    assertThat(seen)
        .hasToString(
            CLEAR
                + "verifying checkpoint-50  25%|██        | 2.0 GB of 8.0 GB, 1.0 GB/s, 0:06 left"
                + CLEAR);
  }

  @Test
  void a_line_is_cut_where_it_would_wrap() {
    try (Progress progress = progress(true)) {
      progress.begin("verifying " + "x".repeat(100), 0);
      pass(2000);
      progress.add(1);
    }

    assertThat(seen).hasToString(CLEAR + "verifying " + "x".repeat(68) + "…" + CLEAR);
  }

  @Test
  void without_a_total_there_is_no_bar() {
    Progress progress = progress(true);
    progress.begin("reading", 0);
    pass(500);
    progress.add(1_000_000);

    assertThat(seen).hasToString(CLEAR + "reading 1.0 MB, 2.0 MB/s");
    progress.close();
  }

  @Test
  void short_work_is_not_told_and_a_line_is_drawn_ten_times_a_second_at_most() {
    try (Progress progress = progress(true)) {
      progress.begin("reading", 100);
      pass(299);
      progress.add(1);
      assertThat(seen.toString()).isEmpty();
      pass(1);
      progress.add(1);
      pass(99);
      progress.add(1);
      pass(1);
      progress.add(1);
    }

    assertThat(List.of(seen.toString().split("\\r", -1)))
        .filteredOn(line -> line.contains("reading"))
        .hasSize(2)
        .last(InstanceOfAssertFactories.STRING)
        .contains("4 B of 100 B, 10 B/s, 0:10 left");
  }

  @Test
  void each_part_of_the_work_has_its_own_rate() {
    try (Progress progress = progress(true)) {
      progress.begin("casting", 100);
      pass(10_000);
      progress.add(100);
      progress.begin("writing", 100);
      pass(1_000);
      progress.add(50);
    }

    assertThat(seen.toString())
        .contains("writing  50%|█████     | 50 B of 100 B, 50 B/s, 0:01 left");
  }

  @Test
  void more_than_the_total_is_not_more_than_all() {
    try (Progress progress = progress(true)) {
      progress.begin("reading", 100);
      pass(1_000);
      progress.add(200);
    }

    assertThat(seen.toString()).contains("100%|██████████| 200 B of 100 B, 200 B/s, 0:00 left");
  }

  @Test
  void nothing_is_drawn_after_the_end() {
    try (Progress progress = progress(true)) {
      progress.begin("reading", 100);
      progress.end();
      pass(1_000);
      progress.add(50);
    }

    assertThat(seen.toString()).isEmpty();
  }

  @Test
  void where_there_is_no_terminal_nothing_is_said() {
    try (Progress progress = progress(false)) {
      progress.begin("reading", 100);
      pass(1_000);
      progress.add(50);
    }

    assertThat(seen.toString()).isEmpty();
  }

  @Test
  void this_process_has_no_terminal() {
    assertThat(Progress.onTerminal()).isFalse();
  }

  @Test
  void without_a_signal_writing_goes_on() {
    try (GracefulStop stop = GracefulStop.within(Duration.ofSeconds(1));
        Progress progress =
            new Progress(new PrintWriter(seen), false, () -> now, Optional.of(stop))) {
      progress.begin("writing", 100);
      progress.add(50);
      assertThat(stop.requested()).isFalse();
    }
  }
}
