package io.github.checkpoint4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.state.Dtype;
import io.github.checkpoint4j.torch.Batch;
import io.github.checkpoint4j.torch.NativeTensors;
import java.io.IOException;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

final class ClassificationCollatorTest {
  private static Tokenizer tokenizer;

  @BeforeAll
  static void open() throws IOException {
    tokenizer = Tokenizer.fromDirectory(Golden.path("tiny"));
  }

  @AfterAll
  static void close() {
    tokenizer.close();
  }

  @Test
  void texts_are_padded_to_the_longest_of_the_batch() {
    var collator = new ClassificationCollator(tokenizer, 32);
    try (Batch batch =
        collator.collate(List.of(new LabeledText("the film", 1), new LabeledText("a", 0)))) {
      assertThat(batch.names())
          .containsExactly("input_ids", "token_type_ids", "attention_mask", "labels");
      long[] two = tokenizer.encode("the film", 32).ids();
      long[] one = tokenizer.encode("a", 32).ids();
      assertThat(longs(batch, "input_ids"))
          .containsExactly(two[0], two[1], two[2], two[3], one[0], one[1], one[2], 0);
      assertThat(longs(batch, "attention_mask")).containsExactly(1, 1, 1, 1, 1, 1, 1, 0);
      assertThat(longs(batch, "token_type_ids")).containsOnly(0).hasSize(8);
      assertThat(longs(batch, "labels")).containsExactly(1, 0);
      assertThat(batch.get("input_ids").shape()).containsExactly(2, 4);
      assertThat(batch.get("labels").shape()).containsExactly(2);
      assertThat(NativeTensors.view(batch.get("input_ids")).dtype()).isEqualTo(Dtype.I64);
    }
  }

  @Test
  void longer_texts_are_cut() {
    var collator = new ClassificationCollator(tokenizer, 6);
    try (Batch batch = collator.collate(List.of(new LabeledText("the ".repeat(50), 0)))) {
      assertThat(batch.get("input_ids").shape()).containsExactly(1, 6);
    }
  }

  @Test
  void a_batch_outlives_the_scope_it_was_made_in() {
    var collator = new ClassificationCollator(tokenizer, 16);
    Batch batch;
    try (var _ = new PointerScope()) {
      batch = collator.collate(List.of(new LabeledText("the film", 1)));
    }
    try (batch) {
      assertThat(longs(batch, "labels")).containsExactly(1);
    }
  }

  @Test
  void a_length_without_room_for_text_is_refused() {
    assertThatThrownBy(() -> new ClassificationCollator(tokenizer, 2))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "a length of 2 tokens has no room for text beside the special tokens; 4 is the least");
  }

  private static long[] longs(Batch batch, String name) {
    return NativeTensors.view(batch.get(name)).toLongs();
  }
}
