package io.github.checkpoint4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.torch.Batch;
import io.github.checkpoint4j.torch.NativeTensors;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

final class Seq2SeqCollatorTest {
  private static Tokenizer tokenizer;

  @BeforeAll
  static void open() throws IOException {
    tokenizer = Tokenizer.fromDirectory(GoldenText.path("transcription"));
  }

  @AfterAll
  static void close() {
    tokenizer.close();
  }

  @Test
  void batches_are_those_of_transformers() throws IOException {
    try (Batch batch = new Seq2SeqCollator(tokenizer, 6, 8).collate(GoldenText.pairs())) {
      GoldenText.agrees(batch, GoldenText.expected().object("seq2seq"));
    }
  }

  @Test
  void sources_and_targets_are_each_padded_to_the_longest() {
    try (Batch batch =
        new Seq2SeqCollator(tokenizer, 32, 32)
            .collate(List.of(new TextPair("'tis", "T"), new TextPair("a", "F OW T")))) {
      assertThat(batch.get("input_ids").shape()).containsExactly(2, 5);
      assertThat(batch.get("labels").shape()).containsExactly(2, 4);
      assertThat(NativeTensors.view(batch.get("attention_mask")).toLongs())
          .containsExactly(1, 1, 1, 1, 1, 1, 1, 0, 0, 0);
      long t = tokenizer.encode("T").ids()[0];
      assertThat(NativeTensors.view(batch.get("labels")).toLongs())
          .startsWith(t, 1, -100, -100)
          .endsWith(t, 1);
    }
  }

  @Test
  void a_length_without_room_for_text_is_refused() {
    assertThatThrownBy(() -> new Seq2SeqCollator(tokenizer, 3, 8))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "a length of 3 tokens has no room for text beside the special tokens; 4 is the least");
    assertThatThrownBy(() -> new Seq2SeqCollator(tokenizer, 8, 2))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "a length of 2 tokens has no room for text beside the special tokens; 4 is the least");
  }
}
