package io.github.checkpoint4j.cli;

import static io.github.checkpoint4j.cli.Run.ckpt;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.store.CheckpointInfo;
import io.github.checkpoint4j.store.CheckpointStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PinTest {
  @TempDir Path temporary;
  private Path run;

  @BeforeEach
  void commit() throws IOException {
    run = Fixture.run(temporary.resolve("run"));
  }

  private List<Long> pinned() throws IOException {
    try (CheckpointStore store = CheckpointStore.readOnly(run)) {
      return store.list().stream()
          .filter(CheckpointInfo::pinned)
          .map(CheckpointInfo::step)
          .toList();
    }
  }

  @Test
  void a_pinned_checkpoint_outlives_retention_until_it_is_unpinned() throws IOException {
    Path first = run.resolve("checkpoint-50");

    assertThat(ckpt("pin", first)).isEqualTo(new Run(0, "pinned " + first + "\n", ""));
    assertThat(ckpt("pin", first)).isEqualTo(new Run(0, "already pinned " + first + "\n", ""));
    assertThat(pinned()).containsExactly(50L);
    assertThat(ckpt("prune", run, "--keep-latest", 1).status()).isZero();
    assertThat(first).exists();

    assertThat(ckpt("unpin", first)).isEqualTo(new Run(0, "unpinned " + first + "\n", ""));
    assertThat(ckpt("unpin", first)).isEqualTo(new Run(0, "not pinned " + first + "\n", ""));
    assertThat(ckpt("prune", run, "--keep-latest", 1).status()).isZero();
    assertThat(first).doesNotExist();
  }

  @Test
  void of_a_run_the_best_the_latest_or_all() throws IOException {
    assertThat(ckpt("pin", run, "--best").out())
        .isEqualTo("pinned " + run.resolve("checkpoint-100") + "\n");
    assertThat(ckpt("pin", run, "--latest", "--best").out())
        .isEqualTo(
            "already pinned %s%npinned %s%n"
                .formatted(run.resolve("checkpoint-100"), run.resolve("checkpoint-150")));
    assertThat(pinned()).containsExactly(100L, 150L);
    assertThat(ckpt("unpin", "--all", run).status()).isZero();
    assertThat(pinned()).isEmpty();
  }

  @Test
  void a_run_alone_does_not_say_which_ones() throws IOException {
    assertThat(ckpt("pin", run))
        .isEqualTo(
            new Run(
                2,
                "",
                "ckpt pin: "
                    + run
                    + " is a run; name checkpoints in it, or add --best, --latest or --all\n"));
    assertThat(pinned()).isEmpty();
  }

  @Test
  void a_dry_run_changes_nothing() throws IOException {
    Path first = run.resolve("checkpoint-50");
    try (CheckpointStore store = CheckpointStore.open(run)) {
      assertThat(ckpt("pin", "--dry-run", first))
          .isEqualTo(new Run(0, "would be pinned " + first + "\n", ""));
      assertThat(store.list()).noneMatch(CheckpointInfo::pinned);
    }
  }

  @Test
  void json_is_one_document() throws IOException {
    Json.Obj document =
        ckpt("pin", "--json", run.resolve("checkpoint-50"), run.resolve("checkpoint-150")).object();

    assertThat(document.bool("dry_run")).isFalse();
    assertThat(document.array("checkpoints").items()).hasSize(2);
    Json.Obj first = (Json.Obj) document.array("checkpoints").items().getFirst();
    assertThat(first.text("directory")).isEqualTo(run.resolve("checkpoint-50").toString());
    assertThat(first.bool("pinned")).isTrue();
    assertThat(first.bool("changed")).isTrue();
  }

  @Test
  void one_that_is_missing_fails_before_any_is_pinned() throws IOException {
    Run pin = ckpt("pin", run.resolve("checkpoint-50"), run.resolve("checkpoint-7"));

    assertThat(pin)
        .isEqualTo(
            new Run(
                3,
                "",
                "ckpt pin: "
                    + run.resolve("checkpoint-7")
                    + ": there is no such checkpoint; there are checkpoint-50, checkpoint-100,"
                    + " checkpoint-150\n"));
    assertThat(pinned()).isEmpty();
  }

  @Test
  void what_is_no_run_and_no_checkpoint_is_refused() throws IOException {
    Path empty = Files.createDirectory(temporary.resolve("empty"));

    assertThat(ckpt("pin", "--all", empty))
        .isEqualTo(
            new Run(
                1, "", "ckpt pin: " + empty + " has no checkpoints; give a checkpoint or a run\n"));
    assertThat(ckpt("pin", temporary.resolve("missing")).status()).isEqualTo(3);
    assertThat(ckpt("pin").status()).isEqualTo(2);
    try (var files = Files.list(empty)) {
      assertThat(files).isEmpty();
    }
  }

  @Test
  void a_running_writer_is_named() throws IOException {
    try (CheckpointStore _ = CheckpointStore.open(run)) {
      Run pin = ckpt("pin", run.resolve("checkpoint-50"));
      assertThat(pin.status()).isEqualTo(1);
      assertThat(pin.err()).contains(" is being written by this process").hasLineCount(1);
    }
  }
}
