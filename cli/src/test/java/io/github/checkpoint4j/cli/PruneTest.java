package io.github.checkpoint4j.cli;

import static io.github.checkpoint4j.cli.Run.ckpt;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.store.CheckpointStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PruneTest {
  @TempDir Path temporary;
  private Path run;

  /** Steps 10 to 60, of which 20 is the best and 30 pinned. */
  @BeforeEach
  void commit() throws IOException {
    run = temporary.resolve("run");
    double[] accuracies = {0.5, 0.9, 0.6, 0.7, 0.8, Double.NaN};
    Instant start = Instant.now().minus(Duration.ofHours(7));
    for (int i = 0; i < accuracies.length; i++) {
      Fixture.commit(run, 10L * (i + 1), accuracies[i], start.plus(Duration.ofHours(i)));
    }
    try (CheckpointStore store = CheckpointStore.open(run)) {
      store.pin(store.list().get(2));
    }
  }

  private List<String> left() throws IOException {
    try (Stream<Path> paths = Files.list(run)) {
      return paths
          .map(path -> path.getFileName().toString())
          .filter(name -> name.startsWith("checkpoint-"))
          .sorted()
          .toList();
    }
  }

  private static List<String> lines(Run prune) {
    return prune.out().lines().map(line -> line.replaceAll(" +", " ")).toList();
  }

  @Test
  void a_dry_run_says_of_each_why_and_changes_nothing() throws IOException {
    Run prune = ckpt("prune", run, "--keep-latest", 2, "--keep-best", "accuracy=2", "--dry-run");

    assertThat(prune.status()).isZero();
    assertThat(prune.err()).isEmpty();
    String size = Quantities.size(sizeOf("checkpoint-10"));
    String policy = "newest 2 or best 2 by eval_accuracy (max)";
    assertThat(lines(prune))
        .containsExactly(
            "checkpoint size would be why",
            "checkpoint-10 " + size + " deleted not " + policy,
            "checkpoint-20 "
                + size
                + " kept the best by eval_accuracy, best 2 by eval_accuracy (max)",
            "checkpoint-30 " + size + " kept pinned",
            "checkpoint-40 " + size + " deleted not " + policy,
            "checkpoint-50 " + size + " kept newest 2, best 2 by eval_accuracy (max)",
            "checkpoint-60 " + size + " kept the newest, newest 2",
            "would delete 2 checkpoints, " + Quantities.size(2 * sizeOf("checkpoint-10")));
    assertThat(left()).hasSize(6);
  }

  private long sizeOf(String checkpoint) throws IOException {
    try (Stream<Path> files = Files.list(run.resolve(checkpoint))) {
      return files.mapToLong(file -> file.toFile().length()).sum();
    }
  }

  @Test
  void what_no_option_keeps_is_deleted_but_never_newest_best_and_pinned() throws IOException {
    Run dry = ckpt("prune", run, "--keep-every", 1000, "--dry-run", "--json");
    Run prune = ckpt("prune", run, "--keep-every", 1000);

    assertThat(prune.status()).isZero();
    assertThat(left()).containsExactly("checkpoint-20", "checkpoint-30", "checkpoint-60");
    assertThat(lines(prune)).last().asString().startsWith("deleted 3 checkpoints, ");
    assertThat(dry.object().integer("deleted")).isEqualTo(3);
    assertThat(ckpt("prune", run, "--keep-every", 1000).out()).contains("deleted 0 checkpoints");
  }

  @ParameterizedTest
  @CsvSource({
    "--keep-best accuracy=3, 20 30 40 50 60",
    "--keep-best eval_accuracy:min, 10 20 30 60",
    "--keep-best accuracy:max=1, 20 30 60",
    "--keep-every 20, 20 30 40 60",
    "--keep-younger 3h30m, 20 30 50 60",
    "--keep-one-per 52w, 20 30 60",
    "--keep-one-per-steps 20, 20 30 40 60",
    "--keep-latest 9, 10 20 30 40 50 60"
  })
  void each_option_keeps_what_it_says(String option, String kept) throws IOException {
    Run prune = ckpt(Stream.concat(Stream.of("prune", run), words(option)).toArray());

    assertThat(prune.status()).as(prune.err()).isZero();
    assertThat(String.join(" ", left())).isEqualTo(kept.replaceAll("(\\d+)", "checkpoint-$1"));
  }

  private static Stream<Object> words(String option) {
    return Stream.of(option.split(" ")).map(word -> (Object) word);
  }

  @Test
  void json_is_one_document_with_reasons() throws IOException {
    Run prune = ckpt("prune", run, "--keep-latest", 1, "--json");

    assertThat(prune.err()).isEmpty();
    Json.Obj document = prune.object();
    assertThat(document.text("run")).isEqualTo(run.toString());
    assertThat(document.bool("dry_run")).isFalse();
    assertThat(document.integer("deleted")).isEqualTo(3);
    assertThat(document.integer("freed")).isPositive();
    Json.Obj first = (Json.Obj) document.array("checkpoints").items().get(0);
    assertThat(first.text("name")).isEqualTo("checkpoint-10");
    assertThat(first.bool("kept")).isFalse();
    assertThat(first.array("reasons").items()).containsExactly(Json.of("not newest 1"));
    assertThat(left()).hasSize(3);
  }

  @Test
  void those_made_in_python_are_left_alone_unless_asked_for() throws IOException {
    Path python = Files.createDirectory(run.resolve("checkpoint-5"));
    Fixture.safetensors(python.resolve("model.safetensors"));
    Files.writeString(python.resolve("trainer_state.json"), "{\"global_step\": 5}");
    Fixture.commit(run, 70, 0.1, Instant.now());
    Files.delete(run.resolve("checkpoint-40/optimizer.pt"));

    Run prune = ckpt("prune", run, "--keep-latest", 1);

    assertThat(left())
        .containsExactly(
            "checkpoint-20", "checkpoint-30", "checkpoint-40", "checkpoint-5", "checkpoint-70");
    assertThat(lines(prune))
        .contains("left alone: 1 unverified checkpoint; --include-unverified judges such ones, too")
        .anyMatch(
            line -> line.startsWith("checkpoint-40 ") && line.endsWith("damaged, so left alone"));
    Run all = ckpt("prune", run, "--keep-latest", 1, "--include-unverified");
    assertThat(all.out()).doesNotContain("--include-unverified");
    assertThat(left())
        .containsExactly("checkpoint-20", "checkpoint-30", "checkpoint-40", "checkpoint-70");
  }

  @Test
  void without_an_option_that_keeps_something_it_is_a_usage_error() throws IOException {
    assertThat(ckpt("prune", run))
        .isEqualTo(
            new Run(
                2,
                "",
                "ckpt prune: Say which checkpoints to keep, for instance with --keep-latest 3; see"
                    + " ckpt prune --help\n"));
    assertThat(left()).hasSize(6);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--keep-latest=0 | the number of latest checkpoints to keep must be at least 1, and is 0",
        "--keep-best=accuracy=0 | the number of best checkpoints to keep must be at least 1, and is 0",
        "--keep-best=acuracy | --keep-best goes by 'acuracy', which no checkpoint has; there are: eval_accuracy",
        "--keep-younger=soon | 'soon' is not a time; give one like 90s, 30m, 1h30m, 7d or 2w",
        "--keep-one-per=0s | seconds in the interval to keep one checkpoint of must be at least 1, and is 0",
        "--keep-every=-1 | steps between kept checkpoints must be at least 1, and is -1"
      })
  void what_makes_no_sense_is_a_usage_error_and_deletes_nothing(String option, String message)
      throws IOException {
    Run prune = ckpt("prune", run, option);

    assertThat(prune.status()).isEqualTo(2);
    assertThat(prune.out()).isEmpty();
    assertThat(prune.err()).startsWith("ckpt prune: ").contains(message).hasLineCount(1);
    assertThat(left()).hasSize(6);
  }

  @Test
  void a_name_that_does_not_tell_the_direction_needs_it() throws IOException {
    Path other = temporary.resolve("other");
    Fixture.commit(other, 1, Map.of("eval_score", 1.0));
    Fixture.commit(other, 2, Map.of("eval_score", 2.0));
    Fixture.commit(other, 3, Map.of("eval_score", 1.5));

    assertThat(ckpt("prune", other, "--keep-best", "score"))
        .isEqualTo(
            new Run(
                2,
                "",
                "ckpt prune: the name 'eval_score' does not tell whether less or more of it is"
                    + " better; give --keep-best score:min or --keep-best score:max\n"));
    assertThat(ckpt("prune", other, "--keep-best", "score:max").status()).isZero();
    assertThat(other.resolve("checkpoint-1")).doesNotExist();
    assertThat(other.resolve("checkpoint-2")).exists();
  }

  @Test
  void a_running_writer_is_named_and_keeps_everything() throws IOException {
    try (CheckpointStore store = CheckpointStore.open(run)) {
      Run prune = ckpt("prune", run, "--keep-latest", 1);
      assertThat(prune.status()).isEqualTo(1);
      assertThat(prune.out()).isEmpty();
      assertThat(prune.err())
          .startsWith("ckpt prune: " + run + " is being written by this process (process ")
          .hasLineCount(1);
      assertThat(ckpt("prune", run, "--keep-latest", 1, "--dry-run").status()).isZero();
      assertThat(store.list()).hasSize(6);
    }
  }

  @Test
  void what_a_killed_writer_left_is_cleared_away_and_told() throws IOException {
    Files.createDirectory(run.resolve(".checkpoint-70.tmp-7"));

    Run prune = ckpt("prune", run, "--keep-latest", 1);

    assertThat(prune.err()).isEqualTo("removed .checkpoint-70.tmp-7\n");
  }

  @Test
  void a_directory_without_checkpoints_is_not_made_a_run() throws IOException {
    Path empty = Files.createDirectory(temporary.resolve("empty"));

    assertThat(ckpt("prune", empty, "--keep-latest", 1))
        .isEqualTo(new Run(0, "", "no checkpoints in " + empty + "\n"));
    try (Stream<Path> files = Files.list(empty)) {
      assertThat(files).isEmpty();
    }
    assertThat(ckpt("prune", run.resolve("checkpoint-10"), "--keep-latest", 1).status())
        .isEqualTo(1);
    assertThat(ckpt("prune", temporary.resolve("none"), "--keep-latest", 1).status()).isEqualTo(3);
    assertThat(temporary.resolve("none")).doesNotExist();
  }

  @Test
  void hostile_names_of_metrics_are_shown_escaped() throws IOException {
    Path other = temporary.resolve("other");
    Fixture.commit(other, 1, Map.of("a\u001b[31m\nb", 1.0));

    Run prune = ckpt("prune", other, "--keep-best", "x");

    assertThat(prune.err()).contains("a\\x1b[31m\\nb").hasLineCount(1).doesNotContain("\u001b");
  }
}
