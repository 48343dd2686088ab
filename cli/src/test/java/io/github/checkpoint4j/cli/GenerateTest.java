package io.github.checkpoint4j.cli;

import static io.github.checkpoint4j.cli.Run.ckpt;
import static io.github.checkpoint4j.cli.Run.ckptReading;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.format.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GenerateTest {
  @TempDir static Path temporary;
  private static Path lm;
  private static Path seq2seq;

  @BeforeAll
  static void runs() throws Exception {
    TinyTexts data = new TinyTexts(temporary);
    lm = temporary.resolve("lm");
    seq2seq = temporary.resolve("seq2seq");
    List<String> longer =
        List.of("--max-steps", "80", "--save-steps", "40", "--learning-rate", "0.02");
    assertThat(ckpt(data.lm(lm, longer.toArray()).toArray()).status()).isZero();
    assertThat(ckpt(data.seq2seq(seq2seq, longer.toArray()).toArray()).status()).isZero();
  }

  private static Run generate(Object... words) {
    List<Object> all = new ArrayList<>(List.of("generate"));
    all.addAll(Arrays.asList(words));
    all.addAll(List.of("--threads", "1"));
    return ckpt(all.toArray());
  }

  private static Json.Obj row(Run run, int index) throws Exception {
    return (Json.Obj) ((Json.Arr) run.json()).items().get(index);
  }

  @Test
  void a_language_model_begins_a_text_and_tells_the_seed_that_makes_it_again() {
    Run first = generate(lm);

    assertThat(first.status()).as(first.err()).isZero();
    assertThat(first.out()).isNotBlank();
    assertThat(first.err()).matches("using " + lm + "/checkpoint-\\d+\ndrawn with --seed \\d+\n");
    String seed = first.err().replaceFirst("(?s).*--seed (\\d+).*", "$1");
    assertThat(generate(lm, "--seed", seed)).isEqualTo(first);
    assertThat(generate(lm, "--seed", "1", "--count", "6").out().lines().distinct().count())
        .isGreaterThan(1);
  }

  @Test
  void a_language_model_goes_on_with_each_text() {
    Run greedy = generate(lm, "the moon", "a boat", "--greedy");

    assertThat(greedy.status()).as(greedy.err()).isZero();
    assertThat(greedy.out().lines()).hasSize(2);
    assertThat(greedy.out()).startsWith("the moon").contains("\na boat");
    assertThat(greedy.err()).doesNotContain("seed");
    assertThat(generate(lm, "the moon", "a boat", "--greedy")).isEqualTo(greedy);
  }

  @Test
  void lines_of_standard_input_are_texts() {
    Run written = ckptReading("the moon\na boat\n", "generate", lm, "--greedy", "--threads", "1");

    assertThat(written.out()).isEqualTo(generate(lm, "the moon", "a boat", "--greedy").out());
  }

  @Test
  void a_seq2seq_model_makes_a_text_of_each_and_takes_capitals_for_small_letters()
      throws Exception {
    Run written = generate(seq2seq, "abc", "ABC");

    assertThat(written.status()).as(written.err()).isZero();
    assertThat(written.out()).matches("abc\t[A-H ]+\nABC\t[A-H ]+\n");
    Run json = generate(seq2seq, "abc", "ABC", "--json");
    assertThat(row(json, 0).text("text")).isEqualTo(row(json, 1).text("text")).isNotEmpty();
    assertThat(row(json, 1).text("prompt")).isEqualTo("ABC");
    assertThat(row(json, 0).members()).doesNotContainKeys("seed", "score");
  }

  @Test
  void json_is_one_array_of_all_texts() throws Exception {
    Run json = generate(lm, "the", "--json", "--count", "2", "--seed", "5");

    assertThat(((Json.Arr) json.json()).items()).hasSize(2);
    assertThat(row(json, 1).text("prompt")).isEqualTo("the");
    assertThat(row(json, 1).integer("seed")).isEqualTo(5);
    assertThat(row(json, 1).integer("tokens")).isPositive();
    assertThat(json.out()).hasLineCount(1);
  }

  @Test
  void beams_are_told_with_their_score_best_first() throws Exception {
    Run json = generate(seq2seq, "abc", "--json", "--beams", "3", "--count", "3");

    assertThat(((Json.Arr) json.json()).items()).hasSize(3);
    assertThat(row(json, 0).real("score")).isGreaterThanOrEqualTo(row(json, 1).real("score"));
  }

  @Test
  void so_many_tokens_are_the_most_and_a_text_that_is_given_ends_it() throws Exception {
    Run short5 = generate(lm, "the", "--greedy", "--max-new-tokens", "5", "--json");
    assertThat(row(short5, 0).integer("tokens")).isEqualTo(5);

    String all = row(generate(lm, "--json", "--greedy"), 0).text("text");
    String stop = all.substring(3, 5);
    Run stopped = generate(lm, "--json", "--greedy", "--stop", stop);
    assertThat(row(stopped, 0).text("text"))
        .isEqualTo(all.substring(0, all.indexOf(stop) + 2))
        .endsWith(stop);
    assertThat(row(stopped, 0).integer("tokens")).isLessThanOrEqualTo(5);
  }

  @Test
  void a_text_ends_where_the_model_has_no_more_positions() {
    String most = "the moon is high,".repeat(2);

    assertThat(generate(lm, most, "--greedy").status()).isZero();
    assertThat(generate(lm, most, "--greedy", "--max-new-tokens", "14").err())
        .endsWith(
            "a prompt of 35 tokens and --max-new-tokens 14; the model has 48 positions: give"
                + " less\n");
    assertThat(generate(lm, most + most).status()).isEqualTo(2);
  }

  @Test
  void options_that_do_not_go_together_are_usage_errors() {
    assertThat(error("--greedy", "--sample"))
        .isEqualTo("--greedy and --sample do not go together; give one");
    assertThat(error("--greedy", "--beams", "2"))
        .isEqualTo("--greedy and --beams do not go together; give one");
    assertThat(error("--greedy", "--top-k", "3"))
        .isEqualTo(
            "--top-k is of drawing, and --greedy does not draw; leave out the one or the other");
    assertThat(error("--beams", "2", "--seed", "3"))
        .isEqualTo("--seed is of drawing, and --beams does not draw; give --sample too");
    assertThat(error("--temperature", "0")).isEqualTo("temperature is 0.0; give above 0");
    assertThat(error("--top-k", "-1")).isEqualTo("--top-k is -1; give at least 0");
    assertThat(error("--top-p", "2")).isEqualTo("--top-p is 2.0; give between 0 and 1");
    assertThat(error("--no-repeat-ngram", "-1"))
        .isEqualTo("--no-repeat-ngram is -1; give at least 0");
    assertThat(error("--repetition-penalty", "0"))
        .isEqualTo("--repetition-penalty is 0.0; give above 0");
    assertThat(error("--greedy", "--count", "2"))
        .isEqualTo("--count is 2, and they would all be the same; set --sample, or --beams");
    assertThat(error("--stop", ""))
        .isEqualTo("--stop is empty; give a text that ends what is written");
    assertThat(error("--threads", "0")).isEqualTo("--threads is 0; 1 is the least");
  }

  private static String error(Object... options) {
    List<Object> words = new ArrayList<>(List.of("generate", lm.resolve("checkpoint-80"), "the"));
    words.addAll(Arrays.asList(options));
    Run run = ckpt(words.toArray());
    assertThat(run.status()).as(run.err()).isEqualTo(2);
    assertThat(run.err()).startsWith("ckpt generate: ").hasLineCount(1);
    return run.err().substring("ckpt generate: ".length()).strip();
  }

  @Test
  void a_t5_needs_a_text() {
    assertThat(generate(seq2seq.resolve("checkpoint-80")))
        .isEqualTo(
            new Run(
                2,
                "",
                "ckpt generate: a T5 makes a text of another; give a TEXT, or lines on standard"
                    + " input\n"));
  }

  @Test
  void without_a_run_it_says_how_to_make_one() {
    assertThat(ckpt("generate", "some text"))
        .isEqualTo(
            new Run(
                2,
                "",
                "ckpt generate: 'some text' is no directory, and there is no run in runs/lm; train"
                    + " one with ckpt train lm, or give the directory of one\n"));
  }

  @Test
  void what_does_not_write_is_refused() {
    assertThat(generate(TinyTask.model(), "x").err())
        .endsWith(
            "tiny: its config.json has model_type \"bert\", and gpt2 and t5 write; give another"
                + " directory\n");
    assertThat(ckpt("predict", lm.resolve("checkpoint-80"), "x").err())
        .endsWith(
            "checkpoint-80 was saved by ckpt train lm and does not classify; use it: ckpt generate "
                + lm.resolve("checkpoint-80")
                + "\n");
  }

  @Test
  void control_characters_of_a_text_are_shown_as_escapes_and_its_lines_stay() {
    var written =
        new Written("a\u001b", "b\nc", false, 2, OptionalLong.empty(), OptionalDouble.empty());

    assertThat(written.shown()).isEqualTo("a\\x1bb\nc");
  }

  @Test
  void a_damaged_directory_is_refused() throws Exception {
    Path damaged = Files.createDirectory(temporary.resolve("damaged"));
    Files.writeString(damaged.resolve("config.json"), "{\"model_type\": \"gpt2\"}");

    Run run = generate(damaged, "x");

    assertThat(run.status()).isIn(1, 3);
    assertThat(run.err()).startsWith("ckpt generate: ").hasLineCount(1);
  }
}
