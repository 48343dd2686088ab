package io.github.checkpoint4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.torch.Batch;
import io.github.checkpoint4j.torch.NativeTensors;
import io.github.checkpoint4j.torch.RandomState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class MaskedLMCollatorTest {
  private static final long CLS = 2;
  private static final long SEP = 3;
  private static final long MASK = 4;

  private static Tokenizer tokenizer;
  @TempDir Path directory;

  @BeforeAll
  static void open() throws IOException {
    torch.set_num_threads(1);
    tokenizer = Tokenizer.fromDirectory(Golden.path("tiny"));
  }

  @AfterAll
  static void close() {
    tokenizer.close();
  }

  @Test
  void one_seed_hides_the_tokens_that_transformers_hides() throws IOException {
    List<String> texts = GoldenText.texts().subList(3, 8);

    GoldenMasking.agrees(tokenizer, texts, 16, 7, GoldenText.expected().object("masked"));
  }

  @Test
  void the_state_of_the_random_numbers_carries_what_is_hidden_next() {
    List<Encoding> texts = texts(4);
    var collator = new MaskedLMCollator(tokenizer, 0.15);
    RandomState random = RandomState.seeded(5);
    collator.collate(texts).close();
    StateDict saved = random.stateDict();
    try (Batch first = collator.collate(texts)) {
      torch.manual_seed(99);
      random.loadStateDict(saved);
      try (Batch again = collator.collate(texts)) {
        for (String name : first.names()) {
          assertThat(longs(again, name)).containsExactly(longs(first, name));
        }
      }
    }
  }

  @Test
  void of_the_chosen_tokens_eight_tenths_are_hidden_and_a_tenth_is_replaced() {
    torch.manual_seed(1);
    List<Encoding> texts = texts(4000);
    long[] original = texts.stream().flatMapToLong(text -> LongStream.of(text.ids())).toArray();
    try (Batch batch = new MaskedLMCollator(tokenizer, 0.15).collate(texts)) {
      long[] ids = longs(batch, "input_ids");
      long[] labels = longs(batch, "labels");
      double chosen = 0;
      double hidden = 0;
      double kept = 0;
      for (int i = 0; i < ids.length; i++) {
        if (labels[i] == -100) {
          assertThat(ids[i]).isEqualTo(original[i]);
          continue;
        }
        assertThat(labels[i]).isEqualTo(original[i]);
        assertThat(ids[i]).isBetween(0L, tokenizer.vocabularySize() - 1);
        chosen++;
        hidden += ids[i] == MASK ? 1 : 0;
        kept += ids[i] == original[i] ? 1 : 0;
      }
      assertThat(chosen / (10 * texts.size())).isCloseTo(0.15, within(0.01));
      assertThat(hidden / chosen).isCloseTo(0.8, within(0.02));
      assertThat(kept / chosen).isCloseTo(0.1, within(0.02));
    }
  }

  @Test
  void special_tokens_and_padding_are_never_chosen() {
    torch.manual_seed(2);
    List<Encoding> texts =
        LanguageModelTexts.masked(tokenizer, List.of("the film is good", "the"), 32);
    try (Batch batch = new MaskedLMCollator(tokenizer, 1).collate(texts)) {
      assertThat(longs(batch, "labels"))
          .containsExactly(
              -100,
              texts.getFirst().ids()[1],
              texts.getFirst().ids()[2],
              texts.getFirst().ids()[3],
              texts.getFirst().ids()[4],
              -100,
              -100,
              texts.getLast().ids()[1],
              -100,
              -100,
              -100,
              -100);
      long[] ids = longs(batch, "input_ids");
      assertThat(new long[] {ids[0], ids[5], ids[6], ids[8], ids[9], ids[10], ids[11]})
          .containsExactly(CLS, SEP, CLS, SEP, 0, 0, 0);
      assertThat(longs(batch, "attention_mask"))
          .containsExactly(1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0);
    }
  }

  @Test
  void with_a_probability_of_0_nothing_is_chosen() {
    List<Encoding> texts = texts(3);
    try (Batch batch = new MaskedLMCollator(tokenizer, 0).collate(texts)) {
      assertThat(longs(batch, "labels")).containsOnly(-100);
      assertThat(longs(batch, "input_ids")).startsWith(texts.getFirst().ids());
    }
  }

  @ParameterizedTest
  @ValueSource(doubles = {-0.1, 1.1, Double.NaN})
  void a_probability_that_is_none_is_refused(double probability) {
    assertThatThrownBy(() -> new MaskedLMCollator(tokenizer, probability))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "tokens are chosen with a probability of "
                + probability
                + "; expected one from 0 to 1");
  }

  @Test
  void a_tokenizer_without_a_mask_is_refused() throws IOException {
    Files.copy(Golden.path("tiny/tokenizer.json"), directory.resolve("tokenizer.json"));
    Files.writeString(directory.resolve("tokenizer_config.json"), "{\"mask_token\": null}");
    try (Tokenizer without = Tokenizer.fromDirectory(directory)) {
      assertThatThrownBy(() -> new MaskedLMCollator(without, 0.15))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage(
              directory.resolve("tokenizer.json")
                  + ": no mask_token; name one of its tokens in tokenizer_config.json");
    }
  }

  private static List<Encoding> texts(int count) {
    return LanguageModelTexts.masked(
        tokenizer, Collections.nCopies(count, "the story is long and the plot is not good"), 32);
  }

  private static long[] longs(Batch batch, String name) {
    return NativeTensors.view(batch.get(name)).toLongs();
  }
}
