package io.github.checkpoint4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Collectors;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.constraints.IntRange;

final class TokenizerTrainingProperties {
  /** Whole characters of any plane, with more of some than of others. */
  @Provide
  Arbitrary<List<String>> texts() {
    Arbitrary<Integer> any =
        Arbitraries.integers()
            .between(0, Character.MAX_CODE_POINT)
            .filter(c -> c < Character.MIN_SURROGATE || c > Character.MAX_SURROGATE);
    return Arbitraries.frequencyOf(
            Tuple.of(4, Arbitraries.of("abc \u6771\u00e9\n'".codePoints().boxed().toList())),
            Tuple.of(1, any))
        .list()
        .ofMaxSize(30)
        .map(points -> points.stream().map(Character::toString).collect(Collectors.joining()))
        .list()
        .ofMinSize(1)
        .ofMaxSize(6)
        .filter(texts -> texts.stream().anyMatch(text -> !text.isEmpty()));
  }

  @Provide
  Arbitrary<List<TextPair>> pairs() {
    Arbitrary<String> words =
        Arbitraries.strings().withChars("abcde'").ofMinLength(1).ofMaxLength(8);
    Arbitrary<String> phonemes =
        Arbitraries.of("AA", "AE", "A", "B", "CH", "DH", "+", "T.S")
            .list()
            .ofMaxSize(8)
            .map(symbols -> String.join(" ", symbols));
    return Combinators.combine(words, phonemes).as(TextPair::new).list().ofMinSize(1).ofMaxSize(8);
  }

  @Property(tries = 200)
  void characters_that_were_trained_on_are_decoded_as_they_were(
      @ForAll("texts") List<String> texts) {
    try (Tokenizer tokenizer = TokenizerTraining.characters(texts)) {
      long distinct = texts.stream().flatMapToInt(String::codePoints).distinct().count();
      assertThat(tokenizer.vocabularySize()).isEqualTo(4 + distinct);
      for (String text : texts) {
        long[] ids = tokenizer.encode(text).ids();
        assertThat(ids).hasSize(1 + text.codePointCount(0, text.length())).doesNotContain(3);
        assertThat(tokenizer.decode(ids, true)).isEqualTo(text);
      }
    }
  }

  @Property(tries = 100)
  void bytes_decode_any_text_as_it_was(
      @ForAll("texts") List<String> texts,
      @ForAll("texts") List<String> others,
      @ForAll @IntRange(min = 259, max = 300) int size,
      @ForAll @IntRange(max = 3) int frequency) {
    try (Tokenizer tokenizer = TokenizerTraining.bytePairs(texts, size, frequency)) {
      assertThat(tokenizer.vocabularySize()).isBetween(259L, (long) size);
      for (String text : others) {
        assertThat(tokenizer.decode(tokenizer.encode(text).ids(), true)).isEqualTo(text);
      }
    }
  }

  @Property(tries = 200)
  void a_transcription_is_decoded_as_it_was_and_a_word_has_a_token_a_letter(
      @ForAll("pairs") List<TextPair> pairs) {
    try (Tokenizer tokenizer = TokenizerTraining.transcription(pairs)) {
      for (TextPair pair : pairs) {
        assertThat(tokenizer.decode(tokenizer.encode(pair.target()).ids(), true))
            .isEqualTo(pair.target());
        assertThat(tokenizer.encode(pair.source()).length()).isEqualTo(pair.source().length() + 1);
      }
    }
  }
}
