package io.github.checkpoint4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.format.CorruptFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What would end the process at the first text. */
final class PostProcessorsTest {
  @TempDir Path directory;

  @Test
  void a_special_token_that_a_template_lacks_is_named() throws IOException {
    refused(
        "\"SpecialToken\": {\n          \"id\": \"</s>\"",
        "\"SpecialToken\": {\n          \"id\": \"</S>\"",
        "a piece is '</S>', which is not among its special_tokens");
  }

  @Test
  void a_second_text_in_a_template_of_one_is_refused() throws IOException {
    refused("\"id\": \"A\"", "\"id\": \"B\"", "a piece is text 'B', of which there is none");
  }

  @Test
  void ids_without_tokens_are_refused() throws IOException {
    refused(
        "\"tokens\": [\n          \"</s>\"\n        ]",
        "\"tokens\": []",
        "special token '</s>' has 1 ids and 0 tokens");
  }

  @Test
  void a_piece_that_is_no_object_is_refused() throws IOException {
    refused("\"single\": [", "\"single\": [3,", "a piece should be an object and is the number 3");
  }

  @Test
  void a_template_inside_a_sequence_is_checked_too() throws IOException {
    Path file = directory.resolve("tokenizer.json");
    Files.writeString(
        file,
        """
        {"added_tokens": [], "post_processor": {"type": "Sequence", "processors": [
          {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "x", "type_id": 0}}],
           "pair": [], "special_tokens": {}}]}}""");

    assertThatThrownBy(() -> Tokenizer.fromDirectory(directory))
        .isInstanceOf(CorruptFileException.class)
        .hasMessage(
            file + ": post_processor: a piece is 'x', which is not among its special_tokens");
  }

  private void refused(String whole, String damaged, String message) throws IOException {
    Path file = directory.resolve("tokenizer.json");
    String json = Files.readString(GoldenText.path("transcription/tokenizer.json"));
    int place = json.indexOf(whole, json.indexOf("\"post_processor\""));
    assertThat(place).isPositive();
    Files.writeString(
        file, json.substring(0, place) + damaged + json.substring(place + whole.length()));

    assertThatThrownBy(() -> Tokenizer.fromDirectory(directory))
        .isInstanceOf(CorruptFileException.class)
        .hasMessage(file + ": post_processor: " + message);
  }
}
