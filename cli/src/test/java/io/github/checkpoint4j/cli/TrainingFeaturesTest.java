package io.github.checkpoint4j.cli;

import static io.github.checkpoint4j.cli.Run.ckpt;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.store.Checkpoint;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Options of every task that are Hugging Face's. */
class TrainingFeaturesTest {
  private static final List<Object> FEATURES =
      List.of(
          "--bf16",
          "--label-smoothing",
          "0.1",
          "--group-by-length",
          "--gradient-accumulation-steps",
          "2",
          "--max-grad-norm",
          "0.5",
          "--gradient-checkpointing",
          "--lr-scheduler",
          "polynomial");

  @TempDir Path temporary;

  private List<Object> task(String name, Path run, List<Object> more) throws Exception {
    TinyTexts data = new TinyTexts(temporary);
    Object[] options = more.toArray();
    return switch (name) {
      case "lm" -> data.lm(run, options);
      case "seq2seq" -> data.seq2seq(run, options);
      default -> data.mlm(run, options);
    };
  }

  @ParameterizedTest
  @ValueSource(strings = {"lm", "seq2seq", "mlm"})
  void they_are_applied_saved_and_kept_when_a_run_goes_on(String name) throws Exception {
    Path run = temporary.resolve("run");
    Run first = ckpt(task(name, run, FEATURES).toArray());
    assertThat(first.status()).as(first.err()).isZero();

    Json.Obj arguments;
    try (Checkpoint checkpoint = Checkpoint.open(run.resolve("checkpoint-4"))) {
      arguments = checkpoint.json("training_args.json");
    }
    assertThat(arguments.bool("bf16")).isTrue();
    assertThat(arguments.real("label_smoothing_factor")).isEqualTo(0.1);
    assertThat(arguments.text("train_sampling_strategy")).isEqualTo("group_by_length");
    assertThat(arguments.integer("gradient_accumulation_steps")).isEqualTo(2);
    assertThat(arguments.real("max_grad_norm")).isEqualTo(0.5);
    assertThat(arguments.bool("gradient_checkpointing")).isTrue();
    assertThat(arguments.text("lr_scheduler_type")).isEqualTo("polynomial");

    Run on = ckpt(task(name, run, List.of("--max-steps", "6", "--no-bf16")).toArray());
    assertThat(on.status()).as(on.err()).isZero();
    assertThat(on.err())
        .contains("resumed from checkpoint-4", "bf16 true -> false (applied)")
        .doesNotContain("label_smoothing", "sampling", "clip");
  }

  @Test
  void a_classifier_is_trained_in_batches_of_one_length() throws Exception {
    Path run = temporary.resolve("run");
    List<String> arguments =
        new TinyTask(temporary)
            .arguments(run, "--group-by-length", "--label-smoothing", "0.1", "--bf16");

    Run train = ckpt(arguments.toArray());

    assertThat(train.status()).as(train.err()).isZero();
  }

  @Test
  void a_share_that_is_none_is_refused_by_the_options_name() throws Exception {
    Run train =
        ckpt(task("lm", temporary.resolve("run"), List.of("--label-smoothing", "1")).toArray());

    assertThat(train.status()).isEqualTo(2);
    assertThat(train.err()).contains("--label-smoothing is 1.0");
  }
}
