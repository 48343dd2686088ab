package io.github.checkpoint4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.torch.Batch;
import io.github.checkpoint4j.torch.NativeTensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class CausalLMCollatorTest {
  @TempDir Path directory;

  @Test
  void padded_texts_and_blocks_are_those_of_transformers() throws IOException {
    try (Tokenizer tokenizer = Tokenizer.fromDirectory(GoldenText.path("characters"))) {
      var collator = new CausalLMCollator(tokenizer);
      List<String> texts = GoldenText.texts();
      try (Batch batch = collator.collate(LanguageModelTexts.causal(tokenizer, texts, 20))) {
        GoldenText.agrees(batch, GoldenText.expected().object("causal").object("padded"));
      }
      List<Encoding> whole = LanguageModelTexts.causal(tokenizer, texts, 1000);
      try (Batch batch = collator.collate(LanguageModelTexts.packed(whole, 16))) {
        GoldenText.agrees(batch, GoldenText.expected().object("causal").object("packed"));
      }
    }
  }

  @Test
  void what_is_filled_up_has_no_label() throws IOException {
    try (Tokenizer tokenizer = Tokenizer.fromDirectory(GoldenText.path("characters"));
        Batch batch = new CausalLMCollator(tokenizer).collate(List.of(text(1, 7, 2), text(1)))) {
      assertThat(longs(batch, "input_ids")).containsExactly(1, 7, 2, 1, 0, 0);
      assertThat(longs(batch, "attention_mask")).containsExactly(1, 1, 1, 1, 0, 0);
      assertThat(longs(batch, "labels")).containsExactly(1, 7, 2, 1, -100, -100);
    }
  }

  @Test
  void a_tokenizer_without_padding_makes_batches_of_one_length() throws IOException {
    Files.copy(GoldenText.path("characters/tokenizer.json"), directory.resolve("tokenizer.json"));
    Files.writeString(directory.resolve("tokenizer_config.json"), "{\"pad_token\": null}");
    try (Tokenizer tokenizer = Tokenizer.fromDirectory(directory)) {
      var collator = new CausalLMCollator(tokenizer);
      try (Batch batch = collator.collate(List.of(text(0, 5), text(6, 7)))) {
        assertThat(longs(batch, "labels")).containsExactly(0, 5, 6, 7);
      }
      assertThatThrownBy(() -> collator.collate(List.of(text(0, 5), text(6))))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage(
              directory.resolve("tokenizer.json")
                  + ": no pad_token; name one of its tokens in tokenizer_config.json");
    }
  }

  @Test
  void a_padding_token_in_a_text_has_no_label_as_in_transformers() throws IOException {
    try (Tokenizer tokenizer = Tokenizer.fromDirectory(GoldenText.path("characters"));
        Batch batch = new CausalLMCollator(tokenizer).collate(List.of(text(5, 0, 6)))) {
      assertThat(longs(batch, "labels")).containsExactly(5, -100, 6);
      assertThat(longs(batch, "attention_mask")).containsExactly(1, 1, 1);
    }
  }

  private static Encoding text(long... ids) {
    return new Encoding(ids, new long[ids.length], new long[ids.length]);
  }

  private static long[] longs(Batch batch, String name) {
    return NativeTensors.view(batch.get(name)).toLongs();
  }
}
