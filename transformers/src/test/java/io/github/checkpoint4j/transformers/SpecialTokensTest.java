package io.github.checkpoint4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.format.CorruptFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SpecialTokensTest {
  @TempDir Path directory;

  @BeforeEach
  void a_tokenizer_without_a_configuration() throws IOException {
    Files.copy(GoldenText.path("characters/tokenizer.json"), directory.resolve("tokenizer.json"));
  }

  @Test
  void without_a_configuration_the_usual_tokens_are_taken() throws IOException {
    try (Tokenizer tokenizer = Tokenizer.fromDirectory(directory)) {
      assertThat(tokenizer.padId()).isZero();
      assertThat(tokenizer.id(SpecialToken.BOS)).hasValue(1);
      assertThat(tokenizer.requireId(SpecialToken.EOS)).isEqualTo(2);
      assertThat(tokenizer.id(SpecialToken.UNK)).hasValue(3);
      assertThat(tokenizer.id(SpecialToken.CLS)).isEmpty();
      assertThat(tokenizer.id(SpecialToken.SEP)).isEmpty();
      assertThat(tokenizer.id(SpecialToken.MASK)).isEmpty();
    }
  }

  @Test
  void a_bert_has_those_of_a_bert() throws IOException {
    try (Tokenizer tokenizer = Tokenizer.fromDirectory(Golden.path("tiny"))) {
      assertThat(tokenizer.requireId(SpecialToken.PAD)).isZero();
      assertThat(tokenizer.requireId(SpecialToken.UNK)).isEqualTo(1);
      assertThat(tokenizer.requireId(SpecialToken.CLS)).isEqualTo(2);
      assertThat(tokenizer.requireId(SpecialToken.SEP)).isEqualTo(3);
      assertThat(tokenizer.requireId(SpecialToken.MASK)).isEqualTo(4);
      assertThat(tokenizer.id(SpecialToken.EOS)).isEmpty();
    }
  }

  @Test
  void a_configuration_names_any_token_and_null_is_none() throws IOException {
    configure("tokenizer_config.json", "{\"pad_token\": \"</s>\", \"bos_token\": null}");
    configure("special_tokens_map.json", "{\"bos_token\": \"<s>\", \"mask_token\": \"<unk>\"}");

    try (Tokenizer tokenizer = Tokenizer.fromDirectory(directory)) {
      assertThat(tokenizer.padId()).isEqualTo(2);
      assertThat(tokenizer.id(SpecialToken.BOS)).isEmpty();
      assertThat(tokenizer.id(SpecialToken.MASK)).hasValue(3);
      assertThat(tokenizer.id(SpecialToken.EOS)).hasValue(2);
    }
  }

  @Test
  void a_token_may_be_written_with_its_settings() throws IOException {
    configure(
        "tokenizer_config.json",
        "{\"pad_token\": {\"__type\": \"AddedToken\", \"content\": \"<unk>\", \"lstrip\": true}}");

    try (Tokenizer tokenizer = Tokenizer.fromDirectory(directory)) {
      assertThat(tokenizer.padId()).isEqualTo(3);
    }
  }

  @Test
  void a_token_that_there_is_not_is_named() throws IOException {
    Path file = configure("special_tokens_map.json", "{\"pad_token\": \"[PAD]\"}");

    assertThatThrownBy(() -> Tokenizer.fromDirectory(directory))
        .isInstanceOf(CorruptFileException.class)
        .hasMessage(
            "%s: pad_token is '[PAD]', which is not among the 101 tokens of %s; correct the name, or add the token there"
                .formatted(file, directory.resolve("tokenizer.json")));
  }

  @Test
  void a_token_that_is_no_text_is_refused() throws IOException {
    Path file = configure("tokenizer_config.json", "{\"eos_token\": 3}");

    assertThatThrownBy(() -> Tokenizer.fromDirectory(directory))
        .isInstanceOf(CorruptFileException.class)
        .hasMessage(file + ": eos_token should be a token and is the number 3");
  }

  @Test
  void a_configuration_that_is_no_object_is_refused() throws IOException {
    Path file = configure("special_tokens_map.json", "[]");

    assertThatThrownBy(() -> Tokenizer.fromDirectory(directory))
        .isInstanceOf(CorruptFileException.class)
        .hasMessage(file + ": expected an object and found an array");
  }

  @Test
  void a_vocabulary_of_another_form_is_refused() throws IOException {
    Path file = directory.resolve("tokenizer.json");
    Files.writeString(file, "{\"added_tokens\": [], \"model\": {\"vocab\": {\"a\": \"b\"}}}");
    assertThatThrownBy(() -> Tokenizer.fromDirectory(directory))
        .isInstanceOf(CorruptFileException.class)
        .hasMessage(file + ": model: member 'a' should be a whole number and is a string");

    for (String item : List.of("[3]", "[]")) {
      Files.writeString(
          file,
          "{\"added_tokens\": [], \"model\": {\"vocab\": [[\"a\", 0.5], %s]}}".formatted(item));
      assertThatThrownBy(() -> Tokenizer.fromDirectory(directory))
          .isInstanceOf(CorruptFileException.class)
          .hasMessage(
              file + ": model: item 1 of 'vocab' should be a token and its score and is an array");
    }
    Files.writeString(file, "{\"added_tokens\": [], \"model\": {}}");
    assertThatThrownBy(() -> Tokenizer.fromDirectory(directory))
        .isInstanceOf(CorruptFileException.class)
        .hasMessageStartingWith(file + ": model: ")
        .hasMessageContaining("'vocab'");
  }

  @Test
  void a_token_that_is_needed_and_not_there_is_an_error_that_says_how_to_name_one()
      throws IOException {
    configure("tokenizer_config.json", "{\"pad_token\": null}");

    try (Tokenizer tokenizer = Tokenizer.fromDirectory(directory)) {
      assertThatThrownBy(tokenizer::padId)
          .isInstanceOf(IllegalStateException.class)
          .hasMessage(
              directory.resolve("tokenizer.json")
                  + ": no pad_token; name one of its tokens in tokenizer_config.json");
    }
  }

  private Path configure(String name, String content) throws IOException {
    return Files.writeString(directory.resolve(name), content);
  }
}
