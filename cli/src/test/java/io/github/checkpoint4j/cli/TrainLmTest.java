package io.github.checkpoint4j.cli;

import static io.github.checkpoint4j.cli.Run.ckpt;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.store.Checkpoint;
import io.github.checkpoint4j.transformers.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Training of a GPT-2 of one layer. */
class TrainLmTest {
  @TempDir Path temporary;
  private TinyTexts data;
  private Path run;

  @BeforeEach
  void texts() throws IOException {
    data = new TinyTexts(temporary);
    run = temporary.resolve("a run");
  }

  private Run train(Object... more) {
    return ckpt(data.lm(run, more).toArray());
  }

  private Json.Obj task(String checkpoint) throws IOException {
    try (Checkpoint open = Checkpoint.open(run.resolve(checkpoint))) {
      return open.json(TrainingTask.FILE);
    }
  }

  @Test
  void a_new_model_is_trained_evaluated_saved_and_the_best_loaded() throws Exception {
    Run train = train();

    assertThat(train.status()).as(train.err()).isZero();
    assertThat(train.out()).isEmpty();
    assertThat(train.err())
        .containsPattern("a new model of [0-9,]+ weights")
        .containsPattern("step 4: eval_loss [0-9.]+, eval_perplexity [0-9.]+")
        .contains("loaded the best model, of checkpoint-4")
        .contains("use it: ckpt generate " + run);
    assertThat(run.resolve("checkpoint-4"))
        .isDirectoryContaining("glob:**/tokenizer.json")
        .isDirectoryContaining("glob:**/generation_config.json")
        .isDirectoryContaining("glob:**/optimizer.pt");
    assertThat(ckpt("ls", run).out()).contains("eval_perplexity", "best");
    assertThat(ckpt("verify", run).status()).isZero();
    assertThat(ckpt("show", run.resolve("checkpoint-4")).out()).contains("transformer");
    assertThat(ckpt("prune", "--keep-latest", "1", run).status()).isZero();
  }

  @Test
  void perplexity_is_e_to_the_power_of_the_loss_and_can_tell_the_best() throws Exception {
    Json.Obj best = train("--metric", "perplexity", "--json").object().object("best");

    Json.Obj metrics = best.object("metrics");
    assertThat(metrics.real("eval_perplexity")).isEqualTo(Math.exp(metrics.real("eval_loss")));
    assertThat(Files.readString(run.resolve("checkpoint-4/training_args.json")))
        .contains("\"metric_for_best_model\": \"perplexity\"", "\"greater_is_better\": false");
  }

  @Test
  void a_text_has_a_beginning_and_an_end_and_each_character_a_token() throws Exception {
    train();

    Tokenizer tokenizer = Tokenizer.fromDirectory(run.resolve("checkpoint-4"));
    assertThat(tokenizer.encode("the moon").ids()).hasSize(9).startsWith(1);
    Json.Obj config;
    Json.Obj writing;
    try (Checkpoint checkpoint = Checkpoint.open(run.resolve("checkpoint-4"))) {
      config = checkpoint.json("config.json");
      writing = checkpoint.json("generation_config.json");
    }
    assertThat(config.integer("vocab_size")).isEqualTo(tokenizer.vocabularySize());
    assertThat(config.integer("n_positions")).isEqualTo(48);
    assertThat(config.integer("eos_token_id")).isEqualTo(2);
    assertThat(writing.bool("do_sample")).isTrue();
    assertThat(writing.integer("bos_token_id")).isEqualTo(1);
  }

  @Test
  void a_tokenizer_of_bytes_is_made_of_the_training_texts() throws Exception {
    Run train = train("--tokenizer", "bytes", "--vocab-size", "280");

    assertThat(train.status()).as(train.err()).isZero();
    Tokenizer tokenizer = Tokenizer.fromDirectory(run.resolve("checkpoint-4"));
    assertThat(tokenizer.vocabularySize()).isEqualTo(280);
    assertThat(tokenizer.encode("the moon").length()).isLessThan(9);
    assertThat(tokenizer.decode(tokenizer.encode("雨, the moon").ids(), true))
        .isEqualTo("雨, the moon");
  }

  @Test
  void a_tokenizer_of_a_directory_is_used_as_it_is() throws Exception {
    train("--tokenizer", "bytes", "--vocab-size", "270");
    Path second = temporary.resolve("second");

    Run train = ckpt(data.lm(second, "--tokenizer", run.resolve("checkpoint-4")).toArray());

    assertThat(train.status()).as(train.err()).isZero();
    assertThat(second.resolve("checkpoint-4/tokenizer.json"))
        .hasSameBinaryContentAs(run.resolve("checkpoint-4/tokenizer.json"));
  }

  @Test
  void packed_texts_fill_blocks() throws Exception {
    train("--packing");

    assertThat(task("checkpoint-4").bool("packing")).isTrue();
    long tokens = 0;
    for (String text : Files.readAllLines(data.texts())) {
      tokens += text.length() + 2;
    }
    try (Checkpoint checkpoint = Checkpoint.open(run.resolve("checkpoint-4"))) {
      assertThat(
              checkpoint.manifest().orElseThrow().hyperparameters().integer("num_train_examples"))
          .isEqualTo(tokens / 48);
    }
  }

  @Test
  void the_same_command_again_says_that_it_is_complete() {
    train();

    Run again = train();

    assertThat(again.status()).isZero();
    assertThat(again.err())
        .startsWith(run + " is complete, 4 steps; best: checkpoint-4, eval_loss")
        .hasLineCount(1);
  }

  @Test
  void a_run_goes_on_with_what_it_was_saved_with_and_reports_what_is_another() throws Exception {
    train("--max-eval-samples", "9");

    Run on =
        ckpt(
            "train",
            "lm",
            "--output",
            run,
            "--max-steps",
            "6",
            "--threads",
            "1",
            "--layers",
            "3",
            "--tokenizer",
            "bytes",
            "--max-length",
            "40");

    assertThat(on.status()).as(on.err()).isZero();
    assertThat(on.err())
        .contains("evaluations are of the first 9 of 20 examples; see --max-eval-samples")
        .contains("layers 1 -> 3 (kept: the weights are the checkpoint's)")
        .contains("tokenizer \"characters\" -> \"bytes\" (kept: the weights are the checkpoint's)")
        .contains("max_length 48 -> 40 (applied)")
        .contains("resumed from checkpoint-4", "max_steps 4 -> 6 (applied)")
        .doesNotContain("width", "a new model");
    assertThat(task("checkpoint-6").integer("layers")).isEqualTo(1);
    assertThat(task("checkpoint-6").text("tokenizer")).isEqualTo("characters");
    assertThat(task("checkpoint-6").integer("max_length")).isEqualTo(40);
    assertThat(run.resolve("checkpoint-6/tokenizer.json"))
        .hasSameBinaryContentAs(run.resolve("checkpoint-4/tokenizer.json"));
  }

  @Test
  void the_best_of_a_run_is_a_model_to_begin_with() {
    train();
    Path second = temporary.resolve("second");

    Run train = ckpt(data.lm(second, "--model", run).toArray());

    assertThat(train.status()).as(train.err()).isZero();
    assertThat(train.err()).contains(run + ": all 17 loaded\n").doesNotContain("a new model");
  }

  @Test
  void a_lone_file_of_weights_is_one_too() {
    train();
    Path second = temporary.resolve("second");
    Path weights = run.resolve("checkpoint-4/model.safetensors");

    Run train = ckpt(data.lm(second, "--model", weights, "--freeze", "*.wte.*").toArray());

    assertThat(train.status()).as(train.err()).isZero();
    assertThat(train.err()).contains(weights + ": all 17 loaded\n", "parameters are frozen");
  }

  @Test
  void a_run_of_another_task_is_not_gone_on_with() {
    ckpt(data.seq2seq(run).toArray());

    Run train = train();

    assertThat(train.status()).isEqualTo(1);
    assertThat(train.err())
        .isEqualTo(
            ("ckpt train lm: %s/checkpoint-4 was saved by ckpt train seq2seq and cannot go on with"
                    + " ckpt train lm; give another --output, or go on with ckpt train seq2seq\n")
                .formatted(run));
  }

  @Test
  void what_makes_no_model_is_a_usage_error() {
    assertThat(train("--width", "10", "--heads", "3"))
        .isEqualTo(usage("--width is 10 and --heads 3; give a multiple of the heads"));
    assertThat(train("--layers", "0")).isEqualTo(usage("--layers is 0; 1 is the least"));
    assertThat(train("--vocab-size", "300"))
        .isEqualTo(usage("--vocab-size is of a tokenizer of bytes; give --tokenizer bytes too"));
    assertThat(train("--tokenizer", "bytes", "--vocab-size", "100").err())
        .contains("a vocabulary of 100 tokens has no room for 3 special tokens and 256 bytes");
    assertThat(train("--max-eval-samples", "0"))
        .isEqualTo(usage("--max-eval-samples is 0; 1 is the least"));
    assertThat(train("--metric", "accuracy"))
        .isEqualTo(usage("--metric is 'accuracy'; there are loss, perplexity"));
    assertThat(run).doesNotExist();
  }

  private static Run usage(String message) {
    return new Run(2, "", "ckpt train lm: " + message + "\n");
  }

  @Test
  void a_pretrained_model_takes_no_shape() {
    Run train = train("--model", temporary, "--layers", "2", "--tokenizer", "bytes");

    assertThat(train)
        .isEqualTo(
            usage(
                "--layers, --tokenizer bytes is what a new model is made with, and --model "
                    + temporary
                    + " is there already; leave out the one or the other"));
  }

  @Test
  void texts_longer_than_the_model_has_positions_for_are_a_usage_error() {
    train();

    Run longer =
        ckpt(data.lm(temporary.resolve("b"), "--model", run, "--max-length", "49").toArray());

    assertThat(longer.status()).isEqualTo(2);
    assertThat(longer.err())
        .endsWith("--max-length is 49 and " + run + " has 48 positions; give less\n");
  }

  @Test
  void a_tokenizer_with_more_tokens_than_the_model_is_refused() {
    train();
    Path other = temporary.resolve("other");
    ckpt(data.lm(other, "--tokenizer", "bytes", "--vocab-size", "280").toArray());

    Run train =
        ckpt(
            data.lm(
                    temporary.resolve("third"),
                    "--model",
                    run,
                    "--tokenizer",
                    other.resolve("checkpoint-4"))
                .toArray());

    assertThat(train.status()).isEqualTo(1);
    assertThat(train.err())
        .contains(run + ": its vocabulary has ", " tokens and the tokenizer 280;")
        .endsWith("give the tokenizer it was trained with\n");
  }

  @Test
  void without_a_token_that_pads_texts_have_to_be_packed() throws Exception {
    train();
    Path model = Files.createDirectory(temporary.resolve("model"));
    for (String name : List.of("model.safetensors", "config.json")) {
      Files.copy(run.resolve("checkpoint-4").resolve(name), model.resolve(name));
    }
    String tokenizer = Files.readString(run.resolve("checkpoint-4/tokenizer.json"));
    Files.writeString(model.resolve("tokenizer.json"), tokenizer.replace("<pad>", "<fill>"));
    Path second = temporary.resolve("second");

    assertThat(ckpt(data.lm(second, "--model", model).toArray()).err())
        .endsWith(
            model
                + ": its tokenizer has no pad_token; name one in tokenizer_config.json, or pack the"
                + " texts with --packing\n");
    assertThat(ckpt(data.lm(second, "--model", model, "--packing").toArray()).status()).isZero();
  }

  @Test
  void a_model_without_a_tokenizer_and_one_of_another_kind_are_refused() {
    Path golden =
        Path.of(System.getProperty("checkpoint4j.root"), "golden", "transformers", "language");

    assertThat(train("--model", golden.resolve("gpt2"), "--max-length", "16").err())
        .endsWith(
            "gpt2 has no tokenizer.json and no vocab.txt; put its tokenizer's files beside the"
                + " weights\n");
    assertThat(train("--model", golden.resolve("t5")).err())
        .contains("a model of type 't5'; only gpt2 is read");
  }

  @Test
  void the_built_in_poems_are_the_data_if_none_is_given() {
    Run train =
        ckpt(
            "train",
            "lm",
            "--output",
            run,
            "--max-steps",
            "1",
            "--save-steps",
            "1",
            "--layers",
            "1",
            "--heads",
            "1",
            "--width",
            "8",
            "--threads",
            "1",
            "--batch-size",
            "2",
            "--max-eval-samples",
            "4");

    assertThat(train.status()).as(train.err()).isZero();
    assertThat(train.err()).contains("evaluations are of the first 4 of 300 examples");
  }

  @Test
  void a_tokenizer_without_an_end_of_texts_makes_no_model() {
    assertThat(train("--tokenizer", TinyTask.model()).err())
        .endsWith(
            TinyTask.model()
                + ": its tokenizer has no eos_token; name one in tokenizer_config.json\n");
  }

  @Test
  void a_run_goes_on_with_the_tokenizer_of_its_checkpoint_wherever_it_was_from() throws Exception {
    train("--tokenizer", "bytes", "--vocab-size", "270");
    Path moved = Files.createDirectory(temporary.resolve("tokenizer"));
    Tokenizer.fromDirectory(run.resolve("checkpoint-4")).save(moved);
    Path second = temporary.resolve("second");
    ckpt(data.lm(second, "--tokenizer", moved).toArray());
    Files.move(moved, temporary.resolve("elsewhere"));

    Run on = ckpt(data.lm(second, "--tokenizer", moved, "--max-steps", "6").toArray());

    assertThat(on.status()).as(on.err()).isZero();
  }
}
