package io.github.checkpoint4j.cli;

import static io.github.checkpoint4j.cli.Run.ckpt;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.store.Checkpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Training of a T5 of one layer. */
class TrainSeq2SeqTest {
  @TempDir Path temporary;
  private TinyTexts data;
  private Path run;

  @BeforeEach
  void pairs() throws IOException {
    data = new TinyTexts(temporary);
    run = temporary.resolve("run");
  }

  private Run train(Object... more) {
    return ckpt(data.seq2seq(run, more).toArray());
  }

  @Test
  void phonemes_are_generated_and_their_error_rate_tells_the_best() throws Exception {
    Run train = train();

    assertThat(train.status()).as(train.err()).isZero();
    assertThat(train.err())
        .containsPattern(
            "step 4: eval_exact_match [0-9.]+, eval_loss [0-9.]+, eval_phoneme_error_rate [0-9.]+")
        .contains("use it: ckpt generate " + run)
        .doesNotContain("character_error_rate");
    assertThat(Files.readString(run.resolve("checkpoint-4/training_args.json")))
        .contains(
            "\"metric_for_best_model\": \"phoneme_error_rate\"",
            "\"greater_is_better\": false",
            "\"load_best_model_at_end\": true");
    assertThat(run.resolve("checkpoint-4"))
        .isDirectoryContaining("glob:**/generation_config.json")
        .isDirectoryContaining("glob:**/tokenizer.json");
    assertThat(ckpt("verify", run).status()).isZero();
  }

  @Test
  void the_error_rate_is_that_of_what_generate_writes() throws Exception {
    Json.Obj best =
        train(
                "--max-steps",
                "240",
                "--save-steps",
                "120",
                "--learning-rate",
                "0.01",
                "--width",
                "32",
                "--json")
            .object()
            .object("best");

    Run written =
        Run.ckptReading(sources(), "generate", best.text("directory"), "--json", "--threads", "1");
    assertThat(written.status()).as(written.err()).isZero();
    long exact = 0;
    var pairs = Files.readAllLines(data.evalPairs());
    var rows = ((Json.Arr) written.json()).items();
    for (int i = 0; i < pairs.size(); i++) {
      String target = pairs.get(i).split("\t", 2)[1];
      exact += ((Json.Obj) rows.get(i)).text("text").equals(target) ? 1 : 0;
    }
    assertThat(exact).as("the words that it learnt").isPositive();
    assertThat(best.object("metrics").real("eval_exact_match"))
        .isEqualTo((double) exact / pairs.size());
    assertThat(best.object("metrics").real("eval_phoneme_error_rate")).isBetween(0.0, 1.0);
  }

  private String sources() throws IOException {
    StringBuilder words = new StringBuilder();
    for (String line : Files.readAllLines(data.evalPairs())) {
      words.append(line.split("\t", 2)[0]).append('\n');
    }
    return words.toString();
  }

  @Test
  void words_are_put_into_small_letters() throws Exception {
    train();
    Path capitals = temporary.resolve("capitals.tsv");
    StringBuilder lines = new StringBuilder();
    for (String line : Files.readAllLines(data.pairs())) {
      String[] pair = line.split("\t", 2);
      lines.append(pair[0].toUpperCase(Locale.ROOT)).append('\t').append(pair[1]);
      lines.append('\n');
    }
    Files.writeString(capitals, lines);
    Path second = temporary.resolve("second");

    assertThat(ckpt(data.seq2seq(second, "--train", capitals).toArray()).status()).isZero();

    for (String file : new String[] {"tokenizer.json", "model.safetensors"}) {
      assertThat(second.resolve("checkpoint-4").resolve(file))
          .hasSameBinaryContentAs(run.resolve("checkpoint-4").resolve(file));
    }
  }

  @Test
  void of_other_texts_characters_are_compared() throws Exception {
    Run train = train("--tokenizer", "bytes", "--vocab-size", "270");

    assertThat(train.status()).as(train.err()).isZero();
    assertThat(train.err())
        .containsPattern("eval_character_error_rate [0-9.]+, eval_exact_match")
        .contains("best so far: ")
        .doesNotContain("phoneme");
    try (Checkpoint checkpoint = Checkpoint.open(run.resolve("checkpoint-4"))) {
      assertThat(checkpoint.json("config.json").integer("vocab_size")).isEqualTo(270);
      assertThat(checkpoint.json("generation_config.json").integer("eos_token_id")).isEqualTo(1);
    }
    assertThat(train("--max-steps", "6", "--metric", "phoneme_error_rate").err())
        .contains(
            "--metric is 'phoneme_error_rate'; there are character_error_rate, exact_match, loss");
  }

  @Test
  void a_run_that_transcribes_is_a_model_that_transcribes() {
    train();

    Run second = ckpt(data.seq2seq(temporary.resolve("second"), "--model", run).toArray());

    assertThat(second.status()).as(second.err()).isZero();
    assertThat(second.err()).contains("eval_phoneme_error_rate").doesNotContain("a new model");
  }

  @Test
  void a_run_goes_on() {
    train();

    Run on = ckpt("train", "seq2seq", "--output", run, "--max-steps", "6", "--threads", "1");

    assertThat(on.status()).as(on.err()).isZero();
    assertThat(on.err())
        .contains("resumed from checkpoint-4", "step 6: eval_exact_match")
        .doesNotContain("kept", "applied)\n  width");
  }

  @Test
  void a_line_without_a_tab_is_named() throws Exception {
    Files.writeString(data.pairs(), "abc\n");

    assertThat(train().err())
        .isEqualTo(
            "ckpt train seq2seq: %s:1: no tab in 'abc'; each line has to be SOURCE, a tab, TARGET\n"
                .formatted(data.pairs()));
  }

  @Test
  void the_built_in_words_are_the_data_if_none_is_given() {
    Run train =
        ckpt(
            "train",
            "seq2seq",
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
            "--max-length",
            "12",
            "--batch-size",
            "2");

    assertThat(train.status()).as(train.err()).isZero();
    assertThat(train.err()).contains("evaluations are of the first 500 of 1,000 examples");
  }
}
