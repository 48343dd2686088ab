package io.github.checkpoint4j.cli;

import static io.github.checkpoint4j.cli.Run.ckpt;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.store.Checkpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pre-training of a BERT of two small layers. */
class TrainMlmTest {
  @TempDir Path temporary;
  private TinyTexts data;
  private Path run;

  @BeforeEach
  void texts() throws IOException {
    data = new TinyTexts(temporary);
    run = temporary.resolve("run");
  }

  private Run train(Object... more) {
    return ckpt(data.mlm(run, more).toArray());
  }

  @Test
  void a_bert_gets_a_new_head_and_guesses() throws Exception {
    Run train = train("--mask-probability", "0.3");

    assertThat(train.status()).as(train.err()).isZero();
    assertThat(train.err())
        .contains("37 of 43 loaded", "6 missing: cls.predictions.bias")
        .containsPattern("step 4: eval_loss [0-9.]+, eval_perplexity [0-9.]+")
        .contains("use it: ckpt train classify --model " + run);
    try (Checkpoint checkpoint = Checkpoint.open(run.resolve("checkpoint-4"))) {
      Json.Obj task = checkpoint.json(TrainingTask.FILE);
      assertThat(task.text("task")).isEqualTo("mlm");
      assertThat(task.real("mask_probability")).isEqualTo(0.3);
    }
    assertThat(ckpt("verify", run).status()).isZero();
  }

  @Test
  void evaluations_draw_the_same_masks_and_none_of_the_trainings() throws Exception {
    Path often = temporary.resolve("often");
    train("--learning-rate", "0", "--eval-steps", "2");
    ckpt(data.mlm(often, "--learning-rate", "0", "--eval-steps", "1").toArray());

    assertThat(loss(run, "checkpoint-2")).isEqualTo(loss(run, "checkpoint-4"));
    // An evaluation's loader draws one number, as in Python; its masks draw none.
    assertThat(loss(often, "checkpoint-4")).isEqualTo(loss(run, "checkpoint-4"));
  }

  private static double loss(Path run, String checkpoint) throws IOException {
    try (Checkpoint open = Checkpoint.open(run.resolve(checkpoint))) {
      return open.info().metrics().getOrDefault("eval_loss", Double.NaN);
    }
  }

  @Test
  void a_probability_given_with_another_value_is_applied_and_reported() {
    train();

    Run on = train("--max-steps", "6", "--mask-probability", "0.5");

    assertThat(on.status()).as(on.err()).isZero();
    assertThat(on.err()).contains("mask_probability 0.15 -> 0.5 (applied)", "resumed from");
  }

  @Test
  void what_was_pre_trained_is_a_model_for_a_classifier() throws Exception {
    train();
    Path labeled = Files.writeString(temporary.resolve("l.tsv"), "0\tdull\n1\tfine\n".repeat(8));

    Run classify =
        ckpt(
            "train",
            "classify",
            "--model",
            run,
            "--train",
            labeled,
            "--output",
            temporary.resolve("classified"),
            "--max-steps",
            "1",
            "--save-steps",
            "1",
            "--threads",
            "1");

    assertThat(classify.status()).as(classify.err()).isZero();
    assertThat(classify.err()).contains("37 of 41 loaded", "classifier.weight");
    assertThat(ckpt("predict", run, "fine").err()).contains("has no trained classifier");
  }

  @Test
  void what_makes_no_sense_is_a_usage_error() {
    assertThat(train("--mask-probability", "0"))
        .isEqualTo(usage("--mask-probability is 0.0; give one above 0, up to 1"));
    assertThat(train("--mask-probability", "NaN"))
        .isEqualTo(usage("--mask-probability is NaN; give one above 0, up to 1"));
    assertThat(train("--max-length", "4000").err())
        .containsPattern("--max-length is 4000 and .* has \\d+ positions; give less\n");
    assertThat(run).doesNotExist();
  }

  private static Run usage(String message) {
    return new Run(2, "", "ckpt train mlm: " + message + "\n");
  }

  @Test
  void the_texts_of_the_built_in_reviews_are_the_data_if_none_is_given() {
    Run train =
        ckpt(
            "train",
            "mlm",
            "--model",
            TinyTask.model(),
            "--output",
            run,
            "--max-steps",
            "1",
            "--save-steps",
            "1",
            "--threads",
            "1",
            "--batch-size",
            "2",
            "--max-length",
            "16",
            "--max-eval-samples",
            "8");

    assertThat(train.status()).as(train.err()).isZero();
    assertThat(train.err()).contains("evaluations are of the first 8 of 1,005 examples");
  }
}
