package io.github.checkpoint4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.torch.Batch;
import io.github.checkpoint4j.torch.ModuleState;
import io.github.checkpoint4j.torch.WeightLoading;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class BertForMaskedLMTest {
  @BeforeAll
  static void one_thread() {
    torch.set_num_threads(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"plain", "padded"})
  void losses_logits_gradients_and_dropout_are_those_of_python(String batch) throws IOException {
    GoldenBatch.read("bert-mlm", batch)
        .agreesWith(BertForMaskedLM.fromDirectory(GoldenBatch.directory("bert-mlm")));
  }

  @Test
  void a_seed_makes_the_weights_of_python() throws IOException {
    BertConfig config = BertConfig.parse(Golden.json("language/bert-mlm/config.json"));
    torch.manual_seed(7);
    GoldenBatch.beginsAsInPython(new BertForMaskedLM(config), "bert-mlm");
  }

  @Test
  void the_decoder_is_tied_unless_config_json_says_otherwise() {
    BertConfig config = TinyBert.config();
    StateDict tied = ModuleState.of(new BertForMaskedLM(config)).stateDict();
    StateDict untied = ModuleState.of(new BertForMaskedLM(config, false, true)).stateDict();

    assertThat(tied.tensor("cls.predictions.decoder.weight"))
        .isSameAs(tied.tensor("bert.embeddings.word_embeddings.weight"));
    assertThat(tied.tensor("cls.predictions.decoder.bias"))
        .isSameAs(tied.tensor("cls.predictions.bias"));
    assertThat(untied.names()).isEqualTo(tied.names());
    assertThat(untied.tensor("cls.predictions.decoder.weight"))
        .isNotSameAs(untied.tensor("bert.embeddings.word_embeddings.weight"));
  }

  @Test
  void a_classifier_gives_its_encoder_and_gets_a_new_head() throws IOException {
    torch.manual_seed(3);
    var loaded = BertForMaskedLM.fromDirectory(Golden.path("tiny"));

    assertThat(loaded.report().missing())
        .containsExactlyInAnyOrder(
            "cls.predictions.bias",
            "cls.predictions.decoder.bias",
            "cls.predictions.transform.LayerNorm.bias",
            "cls.predictions.transform.LayerNorm.weight",
            "cls.predictions.transform.dense.bias",
            "cls.predictions.transform.dense.weight");
    assertThat(loaded.report().unexpected())
        .containsExactlyInAnyOrder(
            "bert.pooler.dense.bias",
            "bert.pooler.dense.weight",
            "classifier.bias",
            "classifier.weight");
    StateDict state = ModuleState.of(loaded.model()).stateDict();
    assertThat(state.tensor("cls.predictions.transform.LayerNorm.weight").toFloats())
        .containsOnly(1f);
    assertThat(state.tensor("cls.predictions.bias").toFloats()).containsOnly(0f);
  }

  @Test
  void the_built_in_model_gets_a_new_head_and_names_tokens() throws IOException {
    var loaded = BertForMaskedLM.miniLm(WeightLoading.lenient());

    assertThat(loaded.report().missing()).hasSize(6).allMatch(name -> name.startsWith("cls."));
    assertThat(loaded.tokenizer()).isPresent();
    loaded.model().eval();
    try (Batch batch = Batch.of(Map.of("input_ids", PaddedTexts.longs(new long[] {5, 6}, 1, 2)))) {
      assertThat(loaded.forward(batch).logits().shape()).containsExactly(1, 2, 30522);
      assertThat(loaded.forward(batch).loss()).isEmpty();
    }
  }

  @Test
  void labels_of_another_shape_are_refused() {
    var model = new BertForMaskedLM(TinyBert.config());
    Map<String, org.bytedeco.pytorch.Tensor> tensors = new LinkedHashMap<>();
    tensors.put("input_ids", PaddedTexts.longs(new long[] {5, 6}, 1, 2));
    tensors.put("labels", PaddedTexts.longs(new long[] {5}, 1));
    try (Batch batch = Batch.of(tensors)) {
      assertThatThrownBy(() -> model.forward(batch))
          .hasMessage("labels has the shape [1]; it has to be [1, 2], as the tokens have");
    }
  }
}
