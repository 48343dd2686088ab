package io.github.checkpoint4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class TokenizerTest {
  @TempDir Path directory;

  @Test
  void a_tokenizer_json_gives_the_ids_of_python() throws IOException {
    try (var tokenizer = Tokenizer.fromDirectory(Golden.path("tiny"))) {
      gives_the_ids_of_python(tokenizer, "tiny");
      assertThat(tokenizer.padId()).isZero();
    }
  }

  @Test
  void a_vocab_txt_gives_the_ids_of_python() throws IOException {
    try (var tokenizer = Tokenizer.fromDirectory(Golden.path("legacy"))) {
      gives_the_ids_of_python(tokenizer, "tiny");
    }
  }

  @Test
  void a_vocab_txt_follows_its_tokenizer_config() throws IOException {
    try (var tokenizer = Tokenizer.fromDirectory(Golden.path("cased"))) {
      gives_the_ids_of_python(tokenizer, "cased");
    }
  }

  @Test
  void the_tokenizer_of_mini_lm_gives_the_ids_of_python() throws IOException {
    try (var tokenizer = Tokenizer.miniLm()) {
      gives_the_ids_of_python(tokenizer, "minilm");
    }
  }

  private static void gives_the_ids_of_python(Tokenizer tokenizer, String name) throws IOException {
    Json.Obj expected = Golden.expected();
    int maxLength = Math.toIntExact(expected.integer("max_length"));
    var texts = expected.object(name).array("texts").items();
    assertThat(texts).hasSizeGreaterThan(20);
    for (Json each : texts) {
      var text = (Json.Obj) each;
      same(tokenizer.encode(text.text("text"), maxLength), text);
    }
    for (Json each : expected.object(name).array("pairs").items()) {
      var pair = (Json.Obj) each;
      same(tokenizer.encode(pair.text("first"), pair.text("second"), maxLength), pair);
    }
  }

  private static void same(Encoding encoding, Json.Obj expected) {
    assertThat(encoding.ids()).as(expected.toText()).containsExactly(longs(expected.array("ids")));
    assertThat(encoding.typeIds()).containsExactly(longs(expected.array("type_ids")));
    assertThat(encoding.length()).isEqualTo(encoding.ids().length);
  }

  private static long[] longs(Json.Arr numbers) {
    return numbers.items().stream().mapToLong(number -> ((Json.Num) number).asLong()).toArray();
  }

  @Test
  void half_a_surrogate_pair_is_a_replacement_character() throws IOException {
    try (var tokenizer = Tokenizer.fromDirectory(Golden.path("tiny"))) {
      assertThat(tokenizer.encode("a \ud83c b", 24).ids())
          .containsExactly(tokenizer.encode("a \ufffd b", 24).ids());
    }
  }

  @Test
  void the_length_may_change_from_text_to_text() throws IOException {
    try (var tokenizer = Tokenizer.fromDirectory(Golden.path("tiny"))) {
      String text = "the film is good and the story is funny";

      assertThat(tokenizer.encode(text, 5).length()).isEqualTo(5);
      assertThat(tokenizer.encode(text, 64).length()).isEqualTo(11);
      assertThat(tokenizer.encode(text, 4).length()).isEqualTo(4);
    }
  }

  @Test
  void a_text_without_a_length_is_not_cut() throws IOException {
    try (var tokenizer = Tokenizer.fromDirectory(Golden.path("tiny"))) {
      String text = "the film ".repeat(1000);

      assertThat(tokenizer.encode(text, 5).length()).isEqualTo(5);
      assertThat(tokenizer.encode(text).length()).isEqualTo(2002);
      assertThat(tokenizer.encodeWithoutSpecialTokens(text).length()).isEqualTo(2000);
      assertThat(tokenizer.encode(text, 5).length()).isEqualTo(5);
    }
  }

  @Test
  void tokens_around_a_text_are_told_from_those_in_it() throws IOException {
    try (var tokenizer = Tokenizer.fromDirectory(Golden.path("tiny"))) {
      Encoding encoding = tokenizer.encode("[MASK] film", "a", 32);

      assertThat(encoding.specialTokensMask()).containsExactly(1, 0, 0, 1, 0, 1);
      assertThat(encoding.typeIds()).containsExactly(0, 0, 0, 0, 1, 1);
    }
  }

  @Test
  void ids_are_decoded_with_special_tokens_and_without() throws IOException {
    try (var tokenizer = Tokenizer.miniLm()) {
      long[] ids = tokenizer.encode("A gripping, beautifully acted film.").ids();

      assertThat(tokenizer.decode(ids, false))
          .isEqualTo("[CLS] a gripping, beautifully acted film. [SEP]");
      assertThat(tokenizer.decode(ids, true)).isEqualTo("a gripping, beautifully acted film.");
      assertThat(tokenizer.decode(new long[0], true)).isEmpty();
      assertThat(tokenizer.decode(new long[] {30522, Integer.MAX_VALUE}, false)).isEmpty();
      assertThat(tokenizer.vocabularySize()).isEqualTo(30522);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {-100, 1L << 31, (1L << 32) + 5})
  void an_id_that_is_none_is_refused(long id) throws IOException {
    try (var tokenizer = Tokenizer.fromDirectory(Golden.path("tiny"))) {
      assertThatThrownBy(() -> tokenizer.decode(new long[] {5, id}, true))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "token id " + id + "; expected one from 0 to 2147483647; leave out labels of -100");
    }
  }

  @Test
  void its_files_make_the_same_tokenizer() throws IOException {
    try (var tokenizer = Tokenizer.fromDirectory(Golden.path("legacy"))) {
      assertThat(tokenizer.files().keySet()).containsExactly("tokenizer.json", "vocab.txt");
      tokenizer.save(directory);
    }
    Files.delete(directory.resolve("vocab.txt"));
    try (var again = Tokenizer.fromDirectory(directory)) {
      gives_the_ids_of_python(again, "tiny");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 0, 3})
  void a_length_without_room_for_text_is_refused(int maxLength) throws IOException {
    try (var tokenizer = Tokenizer.fromDirectory(Golden.path("tiny"))) {
      assertThatThrownBy(() -> tokenizer.encode("a", maxLength))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "a length of %d tokens has no room for text beside the special tokens; 4 is the least"
                  .formatted(maxLength));
    }
  }

  @Test
  void a_closed_tokenizer_refuses() throws IOException {
    var tokenizer = Tokenizer.fromDirectory(Golden.path("tiny"));
    tokenizer.close();
    tokenizer.close();

    for (ThrowingCallable use :
        List.<ThrowingCallable>of(
            () -> tokenizer.encode("a", 8),
            () -> tokenizer.encode("a"),
            () -> tokenizer.encodeWithoutSpecialTokens("a"),
            () -> tokenizer.decode(new long[] {5}, true))) {
      assertThatThrownBy(use)
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("the tokenizer is closed");
    }
  }

  @Test
  void a_directory_without_a_tokenizer_is_named() {
    assertThatThrownBy(() -> Tokenizer.fromDirectory(directory))
        .isInstanceOf(NoSuchFileException.class)
        .hasMessage(directory + ": has neither tokenizer.json nor vocab.txt");
  }

  @Test
  void a_tokenizer_json_of_another_kind_is_refused() throws IOException {
    Path file = directory.resolve("tokenizer.json");
    Files.writeString(file, "{\"added_tokens\": [{\"id\": 0, \"content\": \"[PAD]\"}]}");

    assertThatThrownBy(() -> Tokenizer.fromDirectory(directory))
        .isInstanceOf(CorruptFileException.class)
        .hasMessageStartingWith(
            file + ": not a tokenizer.json that the tokenizers library reads: ");
  }

  @Test
  void a_tokenizer_json_that_is_no_object_is_refused() throws IOException {
    Path file = directory.resolve("tokenizer.json");
    Files.writeString(file, "[]");

    assertThatThrownBy(() -> Tokenizer.fromDirectory(directory))
        .isInstanceOf(CorruptFileException.class)
        .hasMessage(file + ": expected an object and found an array");
  }

  @Test
  void added_tokens_of_the_wrong_kind_are_refused() throws IOException {
    Path file = directory.resolve("tokenizer.json");
    Files.writeString(file, "{\"added_tokens\": 3}");

    assertThatThrownBy(() -> Tokenizer.fromDirectory(directory))
        .isInstanceOf(CorruptFileException.class)
        .hasMessage(
            file + ": added_tokens: member 'added_tokens' should be an array and is the number 3");
  }

  @Test
  void a_vocabulary_without_special_tokens_is_refused() throws IOException {
    Path file = directory.resolve("vocab.txt");
    Files.writeString(file, "[PAD]\n[UNK]\n[CLS]\nword\n");

    assertThatThrownBy(() -> Tokenizer.fromDirectory(directory))
        .isInstanceOf(CorruptFileException.class)
        .hasMessage(file + ": no line '[SEP]' among its 4; not the vocabulary of a BERT");
  }

  @Test
  void a_vocabulary_that_is_not_utf_8_is_refused() throws IOException {
    Path file = directory.resolve("vocab.txt");
    Files.write(file, "caf\u00e9".getBytes(StandardCharsets.ISO_8859_1));

    assertThatThrownBy(() -> Tokenizer.fromDirectory(directory))
        .isInstanceOf(CorruptFileException.class)
        .hasMessage(file + ": not UTF-8");
  }
}
