package io.github.checkpoint4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.torch.Batch;
import io.github.checkpoint4j.torch.ModuleState;
import io.github.checkpoint4j.torch.NativeTensors;
import java.io.IOException;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class T5ForConditionalGenerationTest {
  @BeforeAll
  static void one_thread() {
    torch.set_num_threads(1);
  }

  @ParameterizedTest
  @CsvSource({"t5, plain", "t5, padded", "t5, given", "t5-gated, plain"})
  void losses_logits_gradients_and_dropout_are_those_of_python(String model, String batch)
      throws IOException {
    GoldenBatch.read(model, batch)
        .agreesWith(T5ForConditionalGeneration.fromDirectory(GoldenBatch.directory(model)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"t5", "t5-gated"})
  void a_seed_makes_the_weights_of_python(String name) throws IOException {
    T5Config config = T5Config.parse(Golden.json("language/" + name + "/config.json"));
    torch.manual_seed(7);
    GoldenBatch.beginsAsInPython(new T5ForConditionalGeneration(config), name);
  }

  @Test
  void its_state_has_the_names_of_hugging_face_and_one_tensor_under_four() {
    StateDict state =
        ModuleState.of(new T5ForConditionalGeneration(T5Config.of(10, 4, 3, 6, 1, 2))).stateDict();

    assertThat(state.names())
        .containsExactly(
            "shared.weight",
            "encoder.embed_tokens.weight",
            "encoder.block.0.layer.0.SelfAttention.q.weight",
            "encoder.block.0.layer.0.SelfAttention.k.weight",
            "encoder.block.0.layer.0.SelfAttention.v.weight",
            "encoder.block.0.layer.0.SelfAttention.o.weight",
            "encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight",
            "encoder.block.0.layer.0.layer_norm.weight",
            "encoder.block.0.layer.1.DenseReluDense.wi.weight",
            "encoder.block.0.layer.1.DenseReluDense.wo.weight",
            "encoder.block.0.layer.1.layer_norm.weight",
            "encoder.final_layer_norm.weight",
            "decoder.embed_tokens.weight",
            "decoder.block.0.layer.0.SelfAttention.q.weight",
            "decoder.block.0.layer.0.SelfAttention.k.weight",
            "decoder.block.0.layer.0.SelfAttention.v.weight",
            "decoder.block.0.layer.0.SelfAttention.o.weight",
            "decoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight",
            "decoder.block.0.layer.0.layer_norm.weight",
            "decoder.block.0.layer.1.EncDecAttention.q.weight",
            "decoder.block.0.layer.1.EncDecAttention.k.weight",
            "decoder.block.0.layer.1.EncDecAttention.v.weight",
            "decoder.block.0.layer.1.EncDecAttention.o.weight",
            "decoder.block.0.layer.1.layer_norm.weight",
            "decoder.block.0.layer.2.DenseReluDense.wi.weight",
            "decoder.block.0.layer.2.DenseReluDense.wo.weight",
            "decoder.block.0.layer.2.layer_norm.weight",
            "decoder.final_layer_norm.weight",
            "lm_head.weight");
    for (String alias :
        new String[] {
          "encoder.embed_tokens.weight", "decoder.embed_tokens.weight", "lm_head.weight"
        }) {
      assertThat(state.tensor(alias)).as(alias).isSameAs(state.tensor("shared.weight"));
    }
    assertThat(state.tensor("decoder.block.0.layer.1.EncDecAttention.o.weight").shape())
        .containsExactly(4, 6);
  }

  @Test
  void with_a_cache_the_logits_of_each_step_are_those_of_python() throws IOException {
    var model = T5ForConditionalGeneration.fromDirectory(GoldenBatch.directory("t5")).model();
    model.eval();
    var golden = GoldenBatch.read("t5", "cached");
    try (var _ = new NoGradGuard();
        Batch whole = golden.batch();
        Tensor encoded = model.encode(whole);
        var cache = new EncoderDecoderCache()) {
      golden.close(encoded, "encoded");
      for (int[] step : new int[][] {{0, 4}, {4, 6}, {6, 7}}) {
        try (var _ = new PointerScope();
            Batch batch = step(whole, step[0], step[1])) {
          golden.close(
              model.forward(encoded, batch, cache), "logits/%d-%d".formatted(step[0], step[1]));
        }
        assertThat(cache.length()).isEqualTo(step[1]);
      }
    }
  }

  @Test
  void rows_of_a_cache_go_on_from_one_another() {
    torch.manual_seed(3);
    var model = new T5ForConditionalGeneration(T5Config.of(40, 16, 8, 24, 2, 2));
    model.eval();
    try (var _ = new NoGradGuard();
        var cache = new EncoderDecoderCache();
        Batch sources = Batch.of(Map.of("input_ids", longs(2, 1, 2, 3, 4, 5, 6)));
        Tensor encoded = model.encode(sources);
        Batch first = Batch.of(Map.of("decoder_input_ids", longs(2, 0, 7, 0, 8)));
        Batch next = Batch.of(Map.of("decoder_input_ids", longs(2, 9, 9)));
        Tensor rows = longs(2, 1, 1).view(2);
        Tensor again = encoded.index_select(0, rows);
        Batch whole =
            Batch.of(
                Map.of(
                    "input_ids", longs(2, 4, 5, 6, 4, 5, 6),
                    "decoder_input_ids", longs(2, 0, 8, 9, 0, 8, 9)))) {
      model.forward(encoded, first, cache);
      cache.reorder(rows);
      assertThat(floats(model.forward(again, next, cache)))
          .containsExactly(floats(model.forward(whole).logits().narrow(1, 2, 1)), within(1e-5f));
    }
  }

  @Test
  void labels_alone_are_the_decoder_input_one_place_later() {
    var model = new T5ForConditionalGeneration(T5Config.of(40, 16, 8, 24, 1, 2));
    model.eval();
    Tensor source = longs(1, 5, 6, 7);
    try (Batch labeled = Batch.of(Map.of("input_ids", source, "labels", longs(1, 8, -100, 9)));
        Batch given =
            Batch.of(Map.of("input_ids", source, "decoder_input_ids", longs(1, 0, 8, 0)))) {
      assertThat(floats(model.forward(labeled).logits()))
          .containsExactly(floats(model.forward(given).logits()));
      assertThat(model.forward(given).loss()).isEmpty();
    }
  }

  @Test
  void labels_alone_are_refused_if_the_decoder_has_no_token_to_start_with() throws IOException {
    T5Config config = T5Config.parse(Golden.json("language/t5-gated/config.json"));
    var members = new java.util.LinkedHashMap<>(config.toJson().members());
    members.remove("decoder_start_token_id");
    var model =
        new T5ForConditionalGeneration(
            T5Config.parse(io.github.checkpoint4j.format.Json.object(members)));
    try (Batch batch = Batch.of(Map.of("input_ids", longs(1, 5), "labels", longs(1, 8)))) {
      assertThatThrownBy(() -> model.forward(batch))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "labels make no decoder_input_ids: the configuration has no decoder_start_token_id;"
                  + " set it, or put decoder_input_ids into the batch");
    }
  }

  @Test
  void a_batch_without_decoder_input_or_labels_is_refused() {
    var model = new T5ForConditionalGeneration(T5Config.of(40, 16, 8, 24, 1, 2));
    try (Batch batch = Batch.of(Map.of("input_ids", longs(1, 5)))) {
      assertThatThrownBy(() -> model.forward(batch))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("the batch has no 'decoder_input_ids'; it has input_ids");
    }
  }

  @Test
  void what_a_label_is_not_at_does_not_change_the_logits_before_it() {
    var model = new T5ForConditionalGeneration(T5Config.of(40, 16, 8, 24, 2, 2));
    model.eval();
    Tensor source = longs(1, 5, 6, 7);
    try (Batch one =
            Batch.of(Map.of("input_ids", source, "decoder_input_ids", longs(1, 0, 8, 1, 2)));
        Batch other =
            Batch.of(Map.of("input_ids", source, "decoder_input_ids", longs(1, 0, 8, 3, 4)))) {
      assertThat(floats(model.forward(one).logits().narrow(1, 0, 2)))
          .containsExactly(floats(model.forward(other).logits().narrow(1, 0, 2)));
    }
  }

  private static Batch step(Batch whole, long start, long end) {
    return Batch.of(
        Map.of(
            "decoder_input_ids", whole.get("decoder_input_ids").narrow(1, start, end - start),
            "attention_mask", whole.get("attention_mask")));
  }

  private static Tensor longs(int rows, long... values) {
    return PaddedTexts.longs(values, rows, values.length / rows);
  }

  private static float[] floats(Tensor tensor) {
    return NativeTensors.view(tensor).toFloats();
  }
}
