package io.github.checkpoint4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.torch.Batch;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** GPT-2 and T5 write what they write in Python. */
class ModelGenerationTest {
  @BeforeEach
  void one_thread() {
    torch.set_num_threads(1);
  }

  private static List<Json.Obj> cases(String model) throws IOException {
    List<Json.Obj> cases =
        Golden.json("generation/models.json").array(model).items().stream()
            .map(Json.Obj.class::cast)
            .toList();
    assertThat(cases).hasSize(7);
    return cases;
  }

  private static void check(Json.Obj expected, List<Generated> texts) {
    assertThat(texts.stream().map(Generated::tokens).toList())
        .as(expected.toText())
        .isEqualTo(expected.array("tokens").items().stream().map(GenerationCase::longs).toList());
  }

  private static Gpt2LMHeadModel gpt2(String name) throws IOException {
    Gpt2LMHeadModel model = Gpt2LMHeadModel.fromDirectory(Golden.path("language/" + name)).model();
    model.eval();
    return model;
  }

  private static T5ForConditionalGeneration t5(String name) throws IOException {
    T5ForConditionalGeneration model =
        T5ForConditionalGeneration.fromDirectory(Golden.path("language/" + name)).model();
    model.eval();
    return model;
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpt2", "gpt2-untied"})
  void gpt2_writes_the_tokens_of_transformers(String name) throws IOException {
    Gpt2LMHeadModel model = gpt2(name);
    for (Json.Obj expected : cases(name)) {
      try (var decoder = new Gpt2Decoder(model)) {
        check(
            expected,
            TextGeneration.generate(
                decoder,
                GenerationCase.rows(expected.array("inputs")),
                GenerationCase.config(expected.object("options"))));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"t5", "t5-gated"})
  void t5_writes_the_tokens_of_transformers(String name) throws IOException {
    T5ForConditionalGeneration model = t5(name);
    for (Json.Obj expected : cases(name)) {
      try (var _ = new PointerScope();
          Batch batch =
              Batch.of(
                  Map.of(
                      "input_ids", tensor(expected.array("inputs")),
                      "attention_mask", tensor(expected.array("mask"))));
          var decoder = new T5Decoder(model, batch)) {
        check(
            expected,
            TextGeneration.generate(
                decoder, decoder.prompts(), GenerationCase.config(expected.object("options"))));
      }
    }
  }

  private static Tensor tensor(Json.Arr rows) {
    long[][] all = GenerationCase.rows(rows);
    long[] cells = new long[all.length * all[0].length];
    for (int row = 0; row < all.length; row++) {
      System.arraycopy(all[row], 0, cells, row * all[0].length, all[0].length);
    }
    return PaddedTexts.longs(cells, all.length, all[0].length);
  }

  @Test
  void tokens_that_are_given_one_by_one_have_the_logits_of_all_at_once() throws IOException {
    Gpt2LMHeadModel model = gpt2("gpt2");
    try (var _ = new PointerScope();
        var whole = new Gpt2Decoder(model);
        var stepwise = new Gpt2Decoder(model)) {
      Tensor all = whole.advance(PaddedTexts.longs(new long[] {5, 9, 3, 7}, 1, 4));
      List<Tensor> last = new ArrayList<>();
      for (long token : new long[] {5, 9, 3, 7}) {
        last.add(stepwise.advance(PaddedTexts.longs(new long[] {token}, 1, 1)));
      }
      assertThat(last.getLast().sub(all).abs().max().item_float()).isLessThan(1e-5f);
    }
  }

  @Test
  void more_tokens_than_positions_are_refused() throws IOException {
    try (var decoder = new Gpt2Decoder(gpt2("gpt2"))) {
      assertThat(decoder.maxLength()).isEqualTo(16);
      assertThatThrownBy(
              () ->
                  TextGeneration.generate(
                      decoder,
                      new long[][] {{5, 6}},
                      GenerationConfig.builder().maxNewTokens(15).build()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "a prompt of 2 tokens and maxNewTokens 15; the model has 16 positions: give less");
    }
  }

  @Test
  void rows_that_are_not_as_many_for_each_text_are_refused() throws IOException {
    try (var _ = new PointerScope();
        Batch batch = Batch.of(Map.of("input_ids", PaddedTexts.longs(new long[] {4, 5}, 2, 1)));
        var decoder = new T5Decoder(t5("t5"), batch)) {
      assertThatThrownBy(() -> decoder.advance(PaddedTexts.longs(new long[3], 3, 1)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("3 rows for 2 texts; give as many for each");
    }
  }
}
