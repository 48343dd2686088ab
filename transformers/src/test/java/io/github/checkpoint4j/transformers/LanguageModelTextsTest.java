package io.github.checkpoint4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.NotEmpty;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

final class LanguageModelTextsTest {
  @Test
  void a_text_that_is_gone_on_with_begins_with_bos_and_ends_with_eos() throws IOException {
    try (Tokenizer tokenizer = Tokenizer.fromDirectory(GoldenText.path("characters"))) {
      Encoding text = LanguageModelTexts.causal(tokenizer, List.of("ab"), 8).getFirst();

      long[] letters = tokenizer.encodeWithoutSpecialTokens("ab").ids();
      assertThat(text.ids()).containsExactly(1, letters[0], letters[1], 2);
      assertThat(text.typeIds()).containsOnly(0).hasSize(4);
      assertThat(text.specialTokensMask()).containsExactly(1, 0, 0, 1);
    }
  }

  @Test
  void a_text_that_is_cut_has_lost_its_eos() throws IOException {
    try (Tokenizer tokenizer = Tokenizer.fromDirectory(GoldenText.path("characters"))) {
      List<Encoding> texts = LanguageModelTexts.causal(tokenizer, List.of("abc", "abcd", "ab"), 5);

      assertThat(texts).extracting(Encoding::length).containsExactly(5, 5, 4);
      assertThat(texts.get(0).ids()).endsWith(2);
      assertThat(texts.get(1).ids()).doesNotContain(2);
      assertThat(texts.get(1).typeIds()).hasSize(5);
      assertThat(texts.get(1).specialTokensMask()).containsExactly(1, 0, 0, 0, 0);
    }
  }

  @Test
  void an_eos_that_the_tokenizer_puts_there_is_not_put_there_again() throws IOException {
    try (Tokenizer tokenizer = Tokenizer.fromDirectory(GoldenText.path("transcription"))) {
      assertThat(LanguageModelTexts.causal(tokenizer, List.of("photon"), 32).getFirst().ids())
          .containsExactly(tokenizer.encode("photon").ids());
    }
  }

  @Test
  void a_tokenizer_without_eos_puts_none() throws IOException {
    try (Tokenizer tokenizer = Tokenizer.fromDirectory(Golden.path("tiny"))) {
      assertThat(LanguageModelTexts.causal(tokenizer, List.of("the film"), 32).getFirst().ids())
          .containsExactly(tokenizer.encode("the film").ids());
    }
  }

  @Test
  void a_text_with_hidden_tokens_keeps_its_last_special_token_when_it_is_cut() throws IOException {
    try (Tokenizer tokenizer = Tokenizer.fromDirectory(Golden.path("tiny"))) {
      Encoding text =
          LanguageModelTexts.masked(tokenizer, List.of("the film is good"), 4).getFirst();

      assertThat(text.ids()).startsWith(2).endsWith(3).hasSize(4);
      assertThat(text.specialTokensMask()).containsExactly(1, 0, 0, 1);
    }
  }

  @Test
  void a_length_without_room_for_text_is_refused() throws IOException {
    try (Tokenizer tokenizer = Tokenizer.fromDirectory(Golden.path("tiny"))) {
      String message =
          "a length of 3 tokens has no room for text beside the special tokens; 4 is the least";
      assertThatThrownBy(() -> LanguageModelTexts.causal(tokenizer, List.of("a"), 3))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(message);
      assertThatThrownBy(() -> LanguageModelTexts.masked(tokenizer, List.of("a"), 3))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(message);
    }
  }

  @Property(tries = 200)
  void blocks_are_of_one_length_and_all_texts_one_after_the_other(
      @ForAll @NotEmpty @Size(max = 20) List<@Size(max = 9) long[]> texts,
      @ForAll @IntRange(min = 1, max = 12) int blockLength) {
    List<Encoding> encodings =
        texts.stream().map(ids -> new Encoding(ids, negated(ids), ids)).toList();
    long[] all = texts.stream().flatMapToLong(LongStream::of).toArray();
    if (all.length < blockLength) {
      return;
    }
    List<Encoding> blocks = LanguageModelTexts.packed(encodings, blockLength);

    assertThat(blocks).extracting(Encoding::length).containsOnly(blockLength);
    assertThat(blocks).hasSize(all.length / blockLength);
    assertThat(blocks.stream().flatMapToLong(block -> LongStream.of(block.ids())).toArray())
        .containsExactly(Arrays.copyOf(all, all.length - all.length % blockLength));
    for (Encoding block : blocks) {
      assertThat(block.typeIds()).containsExactly(negated(block.ids()));
      assertThat(block.specialTokensMask()).containsExactly(block.ids());
    }
  }

  private static long[] negated(long[] values) {
    return LongStream.of(values).map(value -> ~value).toArray();
  }

  @Test
  void a_block_without_tokens_is_refused() {
    assertThatThrownBy(() -> LanguageModelTexts.packed(List.of(), 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a block of 0 tokens; 1 is the least");
  }

  @Test
  void texts_that_do_not_fill_a_block_are_refused() {
    var text = new Encoding(new long[3], new long[3], new long[3]);

    assertThatThrownBy(() -> LanguageModelTexts.packed(List.of(text, text), 7))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("6 tokens do not fill one block of 7; give more texts, or a shorter block");
  }
}
