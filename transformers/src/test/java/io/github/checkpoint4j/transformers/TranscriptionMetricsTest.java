package io.github.checkpoint4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;
import static org.assertj.core.api.Assertions.within;

import io.github.checkpoint4j.Direction;
import java.io.IOException;
import java.util.Arrays;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

final class TranscriptionMetricsTest {
  @Test
  void errors_of_all_words_are_counted_for_each_phoneme_that_was_expected() {
    var metrics = new TranscriptionMetrics();
    metrics.add("F OW T AA N", "F OW T AA N");
    metrics.add("T IH", "T IH Z");
    metrics.add("EY S AH", "EY Z");

    assertThat(metrics.result())
        .containsExactly(entry("phoneme_error_rate", 3 / 10.0), entry("exact_match", 1 / 3.0));
  }

  @Test
  void a_long_word_counts_more_than_a_short_one() {
    var metrics = new TranscriptionMetrics();
    metrics.add("", "EY");
    metrics.add("A B C D E F G H I", "A B C D E F G H I");

    assertThat(metrics.result()).containsEntry("phoneme_error_rate", 0.1);
  }

  @Test
  void more_errors_than_phonemes_are_possible() {
    var metrics = new TranscriptionMetrics();
    metrics.add("A B C", "D");

    assertThat(metrics.result())
        .containsExactly(entry("phoneme_error_rate", 3.0), entry("exact_match", 0.0));
  }

  @Test
  void how_many_spaces_there_are_makes_no_difference() {
    var metrics = new TranscriptionMetrics();
    metrics.add("  F   OW\t", "F OW");

    assertThat(metrics.result())
        .containsExactly(entry("phoneme_error_rate", 0.0), entry("exact_match", 1.0));
  }

  @Test
  void what_fills_up_tokens_and_special_tokens_do_not_count() throws IOException {
    try (Tokenizer tokenizer = Tokenizer.fromDirectory(GoldenText.path("transcription"))) {
      long[] labels = tokenizer.encode("F OW T").ids();
      long[] predicted = LongStream.concat(LongStream.of(0), LongStream.of(labels)).toArray();
      var metrics = new TranscriptionMetrics();
      metrics.add(tokenizer, predicted, labels);
      metrics.add(tokenizer, Arrays.copyOf(predicted, 7), new long[] {labels[0], 1, -100, -100});

      assertThat(metrics.result())
          .containsExactly(entry("phoneme_error_rate", 2 / 4.0), entry("exact_match", 0.5));
    }
  }

  @Test
  void words_without_phonemes_have_no_rate() {
    var metrics = new TranscriptionMetrics();
    metrics.add("F", " ");

    assertThatThrownBy(metrics::result)
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("no phonemes were expected in 1 texts; add texts that have some");
  }

  @Test
  void the_names_tell_which_values_are_better() {
    assertThat(Direction.of("eval_phoneme_error_rate")).isEqualTo(Direction.MINIMIZE);
    assertThat(Direction.of("eval_exact_match")).isEqualTo(Direction.MAXIMIZE);
    assertThat(Direction.of("eval_perplexity")).isEqualTo(Direction.MINIMIZE);
  }

  @Test
  void perplexity_is_e_to_the_power_of_the_loss() {
    assertThat(Perplexity.of(0)).isEqualTo(1);
    assertThat(Perplexity.of(Math.log(50))).isCloseTo(50, within(1e-12));
    assertThat(Perplexity.of(1000)).isInfinite();
    assertThat(Perplexity.of(Double.NaN)).isNaN();
  }

  @Test
  void of_other_texts_characters_are_compared() {
    var metrics = TranscriptionMetrics.ofCharacters();
    metrics.add("a b", "a  b");
    metrics.add("雨雪😀", "雨雪😁");
    metrics.add("same", "same");

    assertThat(metrics.result())
        .containsExactly(entry("character_error_rate", 2 / 11.0), entry("exact_match", 1 / 3.0));
  }

  @Test
  void no_characters_have_no_rate() {
    var metrics = TranscriptionMetrics.ofCharacters();
    metrics.add("a", "");

    assertThatThrownBy(metrics::result)
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("no characters were expected in 1 texts; add texts that have some");
  }
}
