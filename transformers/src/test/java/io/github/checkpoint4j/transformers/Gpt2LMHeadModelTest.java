package io.github.checkpoint4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

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

final class Gpt2LMHeadModelTest {
  @BeforeAll
  static void one_thread() {
    torch.set_num_threads(1);
  }

  @ParameterizedTest
  @CsvSource({
    "gpt2, plain",
    "gpt2, padded",
    "gpt2, packed",
    "gpt2, typed",
    "gpt2-untied, plain",
  })
  void losses_logits_gradients_and_dropout_are_those_of_python(String model, String batch)
      throws IOException {
    GoldenBatch.read(model, batch)
        .agreesWith(Gpt2LMHeadModel.fromDirectory(GoldenBatch.directory(model)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpt2", "gpt2-untied"})
  void a_seed_makes_the_weights_of_python(String name) throws IOException {
    Gpt2Config config = Gpt2Config.parse(Golden.json("language/" + name + "/config.json"));
    torch.manual_seed(7);
    GoldenBatch.beginsAsInPython(new Gpt2LMHeadModel(config), name);
  }

  @Test
  void its_state_has_the_names_of_hugging_face_and_one_tensor_under_two() {
    var state = ModuleState.of(new Gpt2LMHeadModel(Gpt2Config.of(10, 8, 4, 1, 2))).stateDict();

    assertThat(state.names())
        .containsExactly(
            "transformer.wte.weight",
            "transformer.wpe.weight",
            "transformer.h.0.ln_1.weight",
            "transformer.h.0.ln_1.bias",
            "transformer.h.0.attn.c_attn.weight",
            "transformer.h.0.attn.c_attn.bias",
            "transformer.h.0.attn.c_proj.weight",
            "transformer.h.0.attn.c_proj.bias",
            "transformer.h.0.ln_2.weight",
            "transformer.h.0.ln_2.bias",
            "transformer.h.0.mlp.c_fc.weight",
            "transformer.h.0.mlp.c_fc.bias",
            "transformer.h.0.mlp.c_proj.weight",
            "transformer.h.0.mlp.c_proj.bias",
            "transformer.ln_f.weight",
            "transformer.ln_f.bias",
            "lm_head.weight");
    assertThat(state.tensor("lm_head.weight")).isSameAs(state.tensor("transformer.wte.weight"));
    assertThat(state.tensor("transformer.h.0.attn.c_attn.weight").shape()).containsExactly(4, 12);
    assertThat(state.tensor("transformer.h.0.mlp.c_fc.weight").shape()).containsExactly(4, 16);
  }

  @Test
  void with_a_cache_the_logits_of_each_step_are_those_of_python() throws IOException {
    var model = Gpt2LMHeadModel.fromDirectory(GoldenBatch.directory("gpt2")).model();
    model.eval();
    var golden = GoldenBatch.read("gpt2", "cached");
    try (var _ = new NoGradGuard();
        Batch whole = golden.batch();
        var cache = new KeyValueCache()) {
      for (int[] step : new int[][] {{0, 4}, {4, 6}, {6, 7}}) {
        try (var _ = new PointerScope();
            Batch batch = step(whole, step[0], step[1])) {
          golden.close(model.forward(batch, cache), "logits/%d-%d".formatted(step[0], step[1]));
        }
        assertThat(cache.length()).isEqualTo(step[1]);
      }
    }
  }

  @Test
  void rows_of_a_cache_go_on_from_one_another() {
    torch.manual_seed(3);
    var model = new Gpt2LMHeadModel(Gpt2Config.of(40, 16, 16, 2, 2));
    model.eval();
    try (var _ = new NoGradGuard();
        var cache = new KeyValueCache();
        Batch two = ids(2, 3, 1, 2, 3, 4, 5, 6);
        Batch next = ids(3, 1, 7, 8, 9);
        Tensor rows = longs(3, 1, 0, 1).view(3);
        Batch whole = ids(3, 4, 4, 5, 6, 7, 1, 2, 3, 8, 4, 5, 6, 9)) {
      model.forward(two, cache);
      cache.reorder(rows);
      assertThat(floats(model.forward(next, cache)))
          .containsExactly(floats(model.forward(whole).logits().narrow(1, 3, 1)), within(1e-6f));
    }
  }

  @Test
  void what_a_cache_holds_outlives_the_scope_it_was_made_in() {
    var model = new Gpt2LMHeadModel(Gpt2Config.of(40, 16, 16, 1, 2));
    model.eval();
    try (var _ = new NoGradGuard();
        var cache = new KeyValueCache();
        Batch first = ids(1, 2, 1, 2);
        Batch next = ids(1, 1, 3)) {
      try (var _ = new PointerScope()) {
        model.forward(first, cache);
      }
      assertThat(model.forward(next, cache).shape()).containsExactly(1, 1, 40);
      assertThat(cache.length()).isEqualTo(3);
    }
  }

  @Test
  void tokens_after_a_place_do_not_change_its_logits() {
    var model = new Gpt2LMHeadModel(Gpt2Config.of(40, 16, 16, 2, 2));
    model.eval();
    try (Batch one = ids(1, 5, 1, 2, 3, 4, 5);
        Batch other = ids(1, 5, 1, 2, 3, 9, 8)) {
      assertThat(floats(model.forward(one).logits().narrow(1, 0, 3)))
          .containsExactly(floats(model.forward(other).logits().narrow(1, 0, 3)));
      assertThat(model.forward(one).loss()).isEmpty();
    }
  }

  @Test
  void more_tokens_than_positions_are_refused() {
    var model = new Gpt2LMHeadModel(Gpt2Config.of(40, 4, 16, 1, 2));
    try (Batch batch = ids(1, 5, 1, 2, 3, 4, 5);
        Batch three = ids(1, 3, 1, 2, 3);
        Batch two = ids(1, 2, 1, 2);
        var cache = new KeyValueCache()) {
      String message =
          "the sequences have 5 tokens and the model has 4 positions (n_positions); truncate them"
              + " when tokenizing";
      assertThatThrownBy(() -> model.forward(batch)).hasMessage(message);
      model.forward(three, cache);
      assertThatThrownBy(() -> model.forward(two, cache)).hasMessage(message);
    }
  }

  @Test
  void a_mask_of_the_new_tokens_alone_is_refused() {
    var model = new Gpt2LMHeadModel(Gpt2Config.of(40, 8, 16, 1, 2));
    try (Batch three = ids(1, 3, 1, 2, 3);
        Batch masked =
            Batch.of(Map.of("input_ids", longs(1, 5, 6), "attention_mask", longs(1, 0, 1)));
        var cache = new KeyValueCache()) {
      model.forward(three, cache);
      assertThatThrownBy(() -> model.forward(masked, cache))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "attention_mask has the shape [1, 2]; it has to be [batch, 5], for 3 tokens before"
                  + " and 2 new");
    }
  }

  @Test
  void labels_of_another_shape_are_refused() {
    var model = new Gpt2LMHeadModel(Gpt2Config.of(40, 8, 16, 1, 2));
    try (Batch batch = Batch.of(Map.of("input_ids", longs(1, 5, 6), "labels", longs(1, 5, 6, 7)))) {
      assertThatThrownBy(() -> model.forward(batch))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("labels has the shape [1, 3]; it has to be [1, 2], as the tokens have");
    }
  }

  @Test
  void tokens_of_one_dimension_are_refused() {
    var model = new Gpt2LMHeadModel(Gpt2Config.of(40, 8, 16, 1, 2));
    try (Batch batch = Batch.of(Map.of("input_ids", longs(1, 5, 6).view(2)))) {
      assertThatThrownBy(() -> model.forward(batch))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("input_ids has 1 dimensions; it has to be [batch, length]");
    }
  }

  private static Batch step(Batch whole, long start, long end) {
    long length = end - start;
    return Batch.of(
        Map.of(
            "input_ids", whole.get("input_ids").narrow(1, start, length),
            "position_ids", whole.get("position_ids").narrow(1, start, length),
            "attention_mask", whole.get("attention_mask").narrow(1, 0, end)));
  }

  private static Batch ids(int rows, int length, long... ids) {
    assertThat(ids).hasSize(rows * length);
    return Batch.of(Map.of("input_ids", longs(rows, ids)));
  }

  private static Tensor longs(int rows, long... values) {
    return PaddedTexts.longs(values, rows, values.length / rows);
  }

  private static float[] floats(Tensor tensor) {
    return NativeTensors.view(tensor).toFloats();
  }
}
