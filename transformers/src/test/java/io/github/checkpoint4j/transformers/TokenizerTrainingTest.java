package io.github.checkpoint4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.format.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class TokenizerTrainingTest {
  @TempDir Path directory;

  private static Tokenizer trained(String kind) throws IOException {
    return switch (kind) {
      case "characters" -> TokenizerTraining.characters(GoldenText.texts());
      case "transcription" -> TokenizerTraining.transcription(GoldenText.pairs());
      default -> TokenizerTraining.bytePairs(GoldenText.texts(), 330, 2);
    };
  }

  @ParameterizedTest
  @ValueSource(strings = {"characters", "transcription", "bytes"})
  void what_is_trained_is_the_tokenizer_json_that_python_makes(String kind) throws IOException {
    try (Tokenizer tokenizer = trained(kind)) {
      assertThat(GoldenText.json(tokenizer))
          .isEqualTo(Golden.json("text/" + kind + "/tokenizer.json"));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"characters", "transcription", "bytes"})
  void what_is_trained_gives_the_ids_of_python(String kind) throws IOException {
    try (Tokenizer tokenizer = trained(kind)) {
      GoldenText.agrees(tokenizer, GoldenText.expected().object(kind));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"characters", "transcription", "bytes", "unigram"})
  void what_python_trained_gives_the_same_ids(String kind) throws IOException {
    try (Tokenizer tokenizer = Tokenizer.fromDirectory(GoldenText.path(kind))) {
      GoldenText.agrees(tokenizer, GoldenText.expected().object(kind));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"characters", "transcription", "bytes"})
  void its_files_make_the_same_tokenizer(String kind) throws IOException {
    try (Tokenizer tokenizer = trained(kind)) {
      assertThat(tokenizer.files().keySet())
          .containsExactly("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json");
      tokenizer.save(directory.resolve("saved"));
      tokenizer.save(directory.resolve("saved"));
    }
    try (Tokenizer again = Tokenizer.fromDirectory(directory.resolve("saved"))) {
      GoldenText.agrees(again, GoldenText.expected().object(kind));
    }
  }

  @Test
  void the_most_frequent_character_comes_first_and_of_equals_the_lower() throws IOException {
    try (Tokenizer tokenizer =
        TokenizerTraining.characters(List.of("cabb", "\uD83C\uDF89", "b "))) {
      Json.Obj vocabulary = GoldenText.json(tokenizer).object("model").object("vocab");

      assertThat(vocabulary.members().keySet())
          .containsExactly("<pad>", "<s>", "</s>", "<unk>", "b", " ", "a", "c", "\uD83C\uDF89");
      assertThat(vocabulary.integer("\uD83C\uDF89")).isEqualTo(8);
      assertThat(tokenizer.vocabularySize()).isEqualTo(9);
    }
  }

  @Test
  void a_word_is_letters_and_its_transcription_is_symbols() throws IOException {
    try (Tokenizer tokenizer =
        TokenizerTraining.transcription(
            List.of(new TextPair("aah\u2003cat", " AA  AH K\u00a0T ")))) {
      assertThat(GoldenText.json(tokenizer).object("model").object("vocab").members().keySet())
          .containsExactly("<pad>", "</s>", "<unk>", "a", "c", "h", "t", "AA", "AH", "K", "T");
      assertThat(tokenizer.decode(tokenizer.encode("AA AH").ids(), true)).isEqualTo("AA AH");
      assertThat(tokenizer.encode("aah").ids()).containsExactly(3, 3, 5, 1);
    }
  }

  @Test
  void a_symbol_of_the_letters_of_an_expression_is_matched_as_it_is() throws IOException {
    try (Tokenizer tokenizer =
        TokenizerTraining.transcription(
            List.of(new TextPair("x", "a.b (c) [d ^e$ f|g h\\ +*? o\u028a t\u02d0")))) {
      assertThat(tokenizer.encode("a.b (c) [d ^e$ f|g h\\ +*? o\u028a t\u02d0").length())
          .isEqualTo(10);
      assertThat(tokenizer.decode(tokenizer.encode("+*?(c)").ids(), true)).isEqualTo("+*? (c)");
      assertThat(tokenizer.encodeWithoutSpecialTokens("aXb").ids()).containsExactly(2, 2, 2);
    }
  }

  @Test
  void half_a_surrogate_pair_is_a_replacement_character() throws IOException {
    try (Tokenizer characters = TokenizerTraining.characters(List.of("\ud83c"));
        Tokenizer transcription =
            TokenizerTraining.transcription(List.of(new TextPair("\ud83c", "\udf89X")))) {
      assertThat(characters.decode(characters.encode("\udf89").ids(), true)).isEqualTo("\ufffd");
      assertThat(GoldenText.json(transcription).object("model").object("vocab").members().keySet())
          .containsExactly("<pad>", "</s>", "<unk>", "\ufffd", "\ufffdX");
    }
  }

  @Test
  void a_letter_that_is_a_symbol_too_is_one_token() throws IOException {
    try (Tokenizer tokenizer =
        TokenizerTraining.transcription(List.of(new TextPair("fat", "f \u00e6 t")))) {
      assertThat(GoldenText.json(tokenizer).object("model").object("vocab").members().keySet())
          .containsExactly("<pad>", "</s>", "<unk>", "a", "f", "t", "\u00e6");
    }
  }

  @Test
  void a_pair_has_to_be_frequent_enough() throws IOException {
    List<String> texts = List.of("ab ab ab", "cd cd");
    try (Tokenizer all = TokenizerTraining.bytePairs(texts, 1000, 0);
        Tokenizer frequent = TokenizerTraining.bytePairs(texts, 1000, 3)) {
      assertThat(merges(all)).contains("a b", "c d");
      assertThat(merges(frequent)).containsExactly("a b");
    }
  }

  @Test
  void a_full_vocabulary_ends_the_training() throws IOException {
    try (Tokenizer tokenizer = TokenizerTraining.bytePairs(List.of("abcdefgh"), 262, 0)) {
      assertThat(tokenizer.vocabularySize()).isEqualTo(262);
      assertThat(merges(tokenizer)).containsExactly("a b", "c d", "e f");
    }
  }

  private static List<String> merges(Tokenizer tokenizer) throws IOException {
    return GoldenText.json(tokenizer).object("model").array("merges").items().stream()
        .map(pair -> String.join(" ", GoldenText.strings((Json.Arr) pair)))
        .toList();
  }

  @Test
  void texts_without_a_character_are_refused() {
    assertThatThrownBy(() -> TokenizerTraining.characters(List.of("")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("no character in the texts that a tokenizer is to be made of; give others");
    assertThatThrownBy(() -> TokenizerTraining.transcription(List.of(new TextPair(" ", ""))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("no character in the texts that a tokenizer is to be made of; give others");
  }

  @Test
  void a_vocabulary_without_room_for_the_bytes_is_refused() {
    assertThatThrownBy(() -> TokenizerTraining.bytePairs(List.of("a"), 258, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "a vocabulary of 258 tokens has no room for 3 special tokens and 256 bytes;"
                + " 259 is the least");
  }

  @Test
  void bytes_of_pairs_are_one_vocabulary_and_a_text_has_its_end_after_it() {
    List<TextPair> pairs =
        List.of(new TextPair("low lower", "bas plus bas"), new TextPair("lowest", "le plus bas"));

    try (Tokenizer tokenizer = TokenizerTraining.bytePairsOfPairs(pairs, 270, 2)) {
      assertThat(tokenizer.vocabularySize()).isLessThanOrEqualTo(270);
      assertThat(tokenizer.padId()).isZero();
      assertThat(tokenizer.requireId(SpecialToken.EOS)).isEqualTo(1);
      assertThat(tokenizer.id(SpecialToken.BOS)).isEmpty();
      long[] ids = tokenizer.encode("low bas").ids();
      assertThat(ids).hasSizeLessThan(7).endsWith(1);
      assertThat(tokenizer.decode(ids, true)).isEqualTo("low bas");
    }
    assertThatThrownBy(() -> TokenizerTraining.bytePairsOfPairs(pairs, 257, 2))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "a vocabulary of 257 tokens has no room for 2 special tokens and 256 bytes; 258 is the"
                + " least");
  }
}
