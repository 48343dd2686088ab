package io.github.checkpoint4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CheckpointerRetentionTest extends TrackedLoop {
  @Test
  void retention_keeps_what_the_policy_says_the_newest_the_best_and_pinned_ones()
      throws IOException {
    try (Checkpointer checkpointer =
        builder()
            .keep(RetentionPolicy.latest(1))
            .best("eval_accuracy", Direction.MAXIMIZE)
            .open(disk)) {
      checkpointer.save(1, 0, Map.of("eval_accuracy", 0.5));
      checkpointer.pin(checkpointer.save(2, 0, Map.of("eval_accuracy", 0.4)));
      checkpointer.save(3, 0, Map.of("eval_accuracy", 0.7));
      checkpointer.save(4, 0, Map.of("eval_accuracy", 0.7));
      checkpointer.save(5, 0, Map.of("eval_accuracy", Double.NaN));
      checkpointer.save(6, 0, Map.of());
      checkpointer.save(7, 0, Map.of("eval_accuracy", 0.1));
      assertThat(steps(checkpointer)).containsExactly(2L, 3L, 7L);
      assertThat(checkpointer.best().orElseThrow().step()).isEqualTo(3);
      checkpointer.unpin(checkpointer.checkpoints().getFirst());
      checkpointer.save(8, 0, Map.of("eval_accuracy", 0.8));
      assertThat(steps(checkpointer)).containsExactly(8L);
    }
  }

  @Test
  void the_best_is_kept_though_a_later_run_tracks_no_metric() throws IOException {
    try (Checkpointer checkpointer = builder().best("eval_acc", Direction.MAXIMIZE).open()) {
      checkpointer.save(1, 0, Map.of("eval_acc", 0.9));
      checkpointer.save(2, 0, Map.of("eval_acc", 0.8));
    }
    try (Checkpointer checkpointer = builder().keep(RetentionPolicy.latest(1)).open()) {
      checkpointer.resume();
      checkpointer.save(3, 0, Map.of());
      checkpointer.save(4, 0, Map.of());
      assertThat(steps(checkpointer)).containsExactly(1L, 4L);
    }
  }

  @Test
  void checkpoints_of_another_run_are_never_given_up() throws IOException {
    try (Checkpointer checkpointer = builder().open()) {
      train(checkpointer, 1, 1);
      checkpointer.save(2, 0, Map.of());
      checkpointer.save(3, 0, Map.of());
    }
    Path elsewhere = temporary.resolve("elsewhere");
    Files.move(
        run.resolve("checkpoint-3"), Files.createDirectory(elsewhere).resolve("checkpoint-3"));
    try (Checkpointer checkpointer = builder().keep(RetentionPolicy.latest(1)).open()) {
      checkpointer.save(10, 0, Map.of());
      checkpointer.save(11, 0, Map.of());
      assertThat(steps(checkpointer)).containsExactly(2L, 11L);
      checkpointer.resume(elsewhere.resolve("checkpoint-3"));
      checkpointer.save(12, 0, Map.of());
      assertThat(steps(checkpointer)).containsExactly(2L, 12L);
    }
    try (Checkpointer checkpointer = builder().keep(RetentionPolicy.latest(1)).open()) {
      checkpointer.resume();
      checkpointer.save(13, 0, Map.of());
      assertThat(steps(checkpointer)).containsExactly(13L);
    }
  }

  @Test
  void the_best_is_found_after_the_directory_was_moved() throws IOException {
    try (Checkpointer checkpointer = builder().best("eval_acc", Direction.MAXIMIZE).open()) {
      checkpointer.save(1, 0, Map.of("eval_acc", 0.9));
      checkpointer.save(2, 0, Map.of("eval_acc", 0.8));
    }
    run = Files.move(run, temporary.resolve("moved"));
    try (Checkpointer checkpointer =
        builder().best("eval_acc", Direction.MAXIMIZE).keep(RetentionPolicy.latest(1)).open()) {
      assertThat(checkpointer.resume().orElseThrow().step()).isEqualTo(2);
      checkpointer.save(3, 0, Map.of("eval_acc", 0.7));
      assertThat(checkpointer.best().orElseThrow().directory())
          .isEqualTo(run.resolve("checkpoint-1"));
    }
  }

  @Test
  void the_newest_by_commit_is_kept_though_its_step_is_lower() throws IOException {
    try (Checkpointer checkpointer = builder().open(disk)) {
      checkpointer.save(10, 0, Map.of());
    }
    try (Checkpointer checkpointer =
        builder().overwrite(true).keep(RetentionPolicy.everySteps(10)).open(disk)) {
      checkpointer.save(7, 0, Map.of());
      assertThat(steps(checkpointer)).containsExactly(10L, 7L);
    }
  }

  @Test
  void a_policy_by_a_metric_that_is_not_measured_fails_the_save_before_anything_is_written()
      throws IOException {
    try (Checkpointer checkpointer =
        builder().keep(RetentionPolicy.best("eval_acc", Direction.MAXIMIZE, 1)).open()) {
      checkpointer.save(1, 0, Map.of("loss", 1.0));
      assertThatThrownBy(() -> checkpointer.save(2, 0, Map.of("eval_accuracy", 0.5)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "the best checkpoints are to be kept by 'eval_acc', which was not measured; there"
                  + " are: eval_accuracy, loss");
      assertThat(steps(checkpointer)).containsExactly(1L);
      checkpointer.save(2, 0, Map.of("eval_acc", 0.5));
      checkpointer.save(3, 0, Map.of("eval_acc", 0.4));
      checkpointer.save(4, 0, Map.of("eval_accuracy", 0.4));
      assertThat(steps(checkpointer)).containsExactly(2L, 4L);
    }
  }

  @Test
  void retention_runs_only_after_the_save_is_durable() throws IOException {
    try (Checkpointer checkpointer = builder().keep(RetentionPolicy.latest(1)).open(disk)) {
      checkpointer.save(1, 0, Map.of());
      assertThatThrownBy(
              () -> {
                Path blocking = Files.createDirectory(run.resolve("checkpoint-2"));
                Files.writeString(blocking.resolve("model.safetensors"), "someone else's");
                checkpointer.save(2, 0, Map.of());
              })
          .isInstanceOf(FileAlreadyExistsException.class);
      assertThat(steps(checkpointer)).contains(1L);
    }
  }

  @Test
  void retention_leaves_damaged_and_unverified_checkpoints_alone() throws IOException {
    try (Checkpointer checkpointer = builder().keep(RetentionPolicy.latest(1)).open(disk)) {
      checkpointer.save(1, 0, Map.of());
      Files.delete(run.resolve("checkpoint-1/optimizer.pt"));
      Path python = Files.createDirectory(run.resolve("checkpoint-2"));
      Files.writeString(python.resolve("config.json"), "{}");
      checkpointer.save(3, 0, Map.of());
      checkpointer.save(4, 0, Map.of());
      assertThat(steps(checkpointer)).containsExactly(1L, 2L, 4L);
    }
  }

  @Test
  void an_evaluation_without_the_tracked_metric_is_an_error_that_lists_those_there_are()
      throws IOException {
    try (Checkpointer checkpointer = builder().best("eval_acc", Direction.MAXIMIZE).open(disk)) {
      checkpointer.save(1, 0, Map.of("loss", 1.0));
      assertThatThrownBy(
              () -> checkpointer.save(2, 0, Map.of("eval_loss", 1.0, "eval_accuracy", 0.5)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "the best checkpoint is told by 'eval_acc', which was not measured; there are:"
                  + " eval_accuracy, eval_loss");
      assertThat(steps(checkpointer)).containsExactly(1L);
      assertThatThrownBy(checkpointer::best)
          .hasMessage(
              "the best checkpoint is told by 'eval_acc', which was not measured; there are: loss");
    }
  }

  @Test
  void best_without_metrics_is_empty_and_without_a_tracked_metric_an_error() throws IOException {
    try (Checkpointer checkpointer = builder().best("eval_loss", Direction.MINIMIZE).open(disk)) {
      assertThat(checkpointer.best()).isEmpty();
      checkpointer.save(1, 0, Map.of());
      assertThat(checkpointer.best()).isEmpty();
      checkpointer.save(2, 0, Map.of("eval_loss", Double.POSITIVE_INFINITY));
      assertThat(checkpointer.best()).isEmpty();
    }
    try (Checkpointer checkpointer = builder().open(disk)) {
      assertThatThrownBy(checkpointer::best)
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("no metric tells the best checkpoint: name one with best(metric, direction)");
    }
  }

  @Test
  void the_best_can_be_told_from_the_checkpoints_alone() throws IOException {
    try (Checkpointer checkpointer = builder().best("loss", Direction.MINIMIZE).open(disk)) {
      checkpointer.save(1, 0, Map.of("loss", 2.0));
      checkpointer.save(2, 0, Map.of("loss", 1.0));
      checkpointer.save(3, 0, Map.of("loss", 1.5));
      assertThat(Checkpointer.bestOf(checkpointer.checkpoints()).orElseThrow().step()).isEqualTo(2);
    }
    assertThat(Checkpointer.bestOf(List.of())).isEmpty();
  }

  @Test
  void a_policy_is_asked_of_the_checkpoints_there_are_and_not_of_those_given_up()
      throws IOException {
    RetentionPolicy policy =
        RetentionPolicy.latest(1).and(RetentionPolicy.best("eval_loss", Direction.MINIMIZE, 1));
    try (Checkpointer checkpointer = builder().keep(policy).open()) {
      checkpointer.save(1, 0, Map.of("eval_loss", 1.0));
      checkpointer.save(2, 0, Map.of());
      assertThat(steps(checkpointer)).containsExactly(2L);
      assertThatThrownBy(() -> checkpointer.save(3, 0, Map.of("eval_accuracy", 0.5)))
          .isInstanceOf(IllegalArgumentException.class);
      assertThat(steps(checkpointer)).as("nothing is saved").containsExactly(2L);
    }
  }
}
