package io.github.checkpoint4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.store.CheckpointStore;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The trainer is killed at random moments, also in the middle of saves, and nothing is lost. */
class KillTest {
  private static final int KILLS = Integer.getInteger("checkpoint4j.kills", 12);
  private static final String[] SCHEDULE = {
    "--max-steps",
    "100000",
    "--save-steps",
    "2",
    "--eval-steps",
    "2",
    "--logging-steps",
    "10",
    "--save-total-limit",
    "3"
  };

  @TempDir Path directory;

  @Test
  void nothing_acknowledged_is_lost_whenever_it_is_killed() throws Exception {
    TinyTask task = new TinyTask(directory);
    Path run = directory.resolve("run");
    Random random = new Random(20261124);
    int inTheMiddleOfASave = 0;
    Optional<Long> before = Optional.empty();
    List<String> left = List.of();
    for (int kill = 1; kill <= KILLS; kill++) {
      boolean async = kill % 4 < 2;
      String saving = async ? "--async-save" : "--no-async-save";
      try (TrainingProcess training =
          TrainingProcess.start(task.arguments(run, saving, SCHEDULE))) {
        if (before.isPresent()) {
          long step = before.get();
          training.awaitLine(line -> line.contains("resumed from checkpoint-" + step + ","));
          assertThat(hidden(run)).as("what the killed save left").noneMatch(left::contains);
        }
        training.awaitLine(line -> line.contains("saved checkpoint-"));
        if (kill % 2 == 0) {
          training.awaitEntry(run, name -> name.contains(".tmp-"));
          Thread.sleep(Duration.ofMillis(random.nextInt(20)));
        } else {
          Thread.sleep(Duration.ofMillis(random.nextInt(400)));
        }
        training.kill();

        long acknowledged = training.acknowledged().getLast();
        long newest = TrainingProcess.newest(run).orElseThrow();
        assertThat(newest)
            .as(training.output())
            // While a save goes on in the background, the one before may not be told yet.
            .isBetween(acknowledged, acknowledged + (async ? 4 : 2));
        left = hidden(run);
        inTheMiddleOfASave += left.isEmpty() ? 0 : 1;
        Run verified = Run.ckpt("verify", run);
        assertThat(verified.status()).as(verified.err()).isEqualTo(ExitStatus.FINE);
        before = Optional.of(newest);
      }
    }
    CheckpointStore.open(run).close();
    assertThat(hidden(run)).as("what the last kill left").isEmpty();
    assertThat(inTheMiddleOfASave).as("kills in the middle of a save").isPositive();
    System.out.printf("%d kills, %d of them in a save%n", KILLS, inTheMiddleOfASave);
  }

  /** What a killed save leaves, and the next start must clear away. */
  private static List<String> hidden(Path run) {
    return TrainingProcess.entries(run).stream()
        .filter(name -> name.contains(".tmp-") || name.contains(".trash-"))
        .toList();
  }
}
