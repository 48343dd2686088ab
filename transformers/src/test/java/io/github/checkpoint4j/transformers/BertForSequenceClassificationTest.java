package io.github.checkpoint4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.torch.Batch;
import io.github.checkpoint4j.torch.ModelOutput;
import io.github.checkpoint4j.torch.ModuleState;
import io.github.checkpoint4j.torch.NativeTensors;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

final class BertForSequenceClassificationTest {
  @BeforeAll
  static void one_thread() {
    torch.set_num_threads(1);
  }

  @Test
  void its_parameters_have_the_names_and_the_order_of_hugging_face() {
    torch.manual_seed(7);
    var names =
        List.copyOf(
            ModuleState.of(new BertForSequenceClassification(TinyBert.config()))
                .parameters()
                .keySet());

    assertThat(names)
        .startsWith(
            "bert.embeddings.word_embeddings.weight",
            "bert.embeddings.position_embeddings.weight",
            "bert.embeddings.token_type_embeddings.weight",
            "bert.embeddings.LayerNorm.weight",
            "bert.embeddings.LayerNorm.bias",
            "bert.encoder.layer.0.attention.self.query.weight",
            "bert.encoder.layer.0.attention.self.query.bias",
            "bert.encoder.layer.0.attention.self.key.weight",
            "bert.encoder.layer.0.attention.self.key.bias",
            "bert.encoder.layer.0.attention.self.value.weight",
            "bert.encoder.layer.0.attention.self.value.bias",
            "bert.encoder.layer.0.attention.output.dense.weight",
            "bert.encoder.layer.0.attention.output.dense.bias",
            "bert.encoder.layer.0.attention.output.LayerNorm.weight",
            "bert.encoder.layer.0.attention.output.LayerNorm.bias",
            "bert.encoder.layer.0.intermediate.dense.weight",
            "bert.encoder.layer.0.intermediate.dense.bias",
            "bert.encoder.layer.0.output.dense.weight",
            "bert.encoder.layer.0.output.dense.bias",
            "bert.encoder.layer.0.output.LayerNorm.weight",
            "bert.encoder.layer.0.output.LayerNorm.bias",
            "bert.encoder.layer.1.attention.self.query.weight")
        .endsWith(
            "bert.pooler.dense.weight",
            "bert.pooler.dense.bias",
            "classifier.weight",
            "classifier.bias")
        .hasSize(41);
  }

  /** The figures are of transformers 5.23 with torch.manual_seed(7), then torch.manual_seed(11). */
  @Test
  void seeds_make_the_weights_the_dropout_and_the_loss_of_python() {
    torch.manual_seed(7);
    var model = new BertForSequenceClassification(TinyBert.config());
    try (var batch = TinyBert.batch()) {
      torch.manual_seed(11);
      ModelOutput training = model.forward(batch);
      float next = torch.rand(1).item_float();
      model.eval();
      ModelOutput evaluation = model.forward(batch);

      assertThat(training.requireLoss().item_float()).isEqualTo(0.69257414f, within(1e-6f));
      assertThat(next).isEqualTo(0.8881059f, within(1e-7f));
      assertThat(evaluation.requireLoss().item_float()).isEqualTo(0.692446f, within(1e-6f));
      assertThat(NativeTensors.view(evaluation.logits()).toFloats())
          .containsExactly(
              new float[] {
                8.8180415e-5f,
                0.0018977412f,
                0.00070616044f,
                0.0041296403f,
                -0.005954475f,
                0.0005560401f,
                0.0076783765f,
                0.010177275f
              },
              within(1e-6f));
    }
  }

  @Test
  void a_batch_without_labels_has_logits_and_no_loss() {
    var model = new BertForSequenceClassification(TinyBert.config());
    try (var batch = inputs(2, 5)) {
      ModelOutput output = model.forward(batch);

      assertThat(output.loss()).isEmpty();
      assertThat(output.logits().shape()).containsExactly(2, 2);
    }
  }

  @Test
  void padding_does_not_change_what_a_sequence_gives() {
    var model = new BertForSequenceClassification(TinyBert.config());
    model.eval();
    try (var plain = Batch.of(Map.of("input_ids", longs(new long[] {5, 6, 7}, 1, 3)));
        var padded =
            Batch.of(
                Map.of(
                    "input_ids", longs(new long[] {5, 6, 7, 0, 0}, 1, 5),
                    "attention_mask", longs(new long[] {1, 1, 1, 0, 0}, 1, 5)))) {
      assertThat(NativeTensors.view(model.forward(padded).logits()).toFloats())
          .containsExactly(
              NativeTensors.view(model.forward(plain).logits()).toFloats(), within(1e-6f));
    }
  }

  @Test
  void what_it_makes_lives_in_the_scope_that_is_open() {
    var model = new BertForSequenceClassification(TinyBert.config());
    try (var batch = inputs(2, 5)) {
      ModelOutput output;
      try (var _ = new PointerScope()) {
        output = model.forward(batch);
        assertThat(output.logits().isNull()).isFalse();
      }
      assertThat(output.logits().isNull()).isTrue();
      assertThat(model.forward(batch).logits().isNull()).isFalse();
    }
  }

  @Test
  void more_tokens_than_positions_are_refused() {
    var model = new BertForSequenceClassification(TinyBert.config());
    try (var batch = inputs(1, 41)) {
      assertThatThrownBy(() -> model.forward(batch))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "the sequences have 41 tokens and the model has 40 positions"
                  + " (max_position_embeddings); truncate them when tokenizing");
    }
  }

  @Test
  void a_batch_of_one_dimension_is_refused() {
    var model = new BertForSequenceClassification(TinyBert.config());
    try (var batch = Batch.of(Map.of("input_ids", longs(new long[] {1, 2, 3}, 3)))) {
      assertThatThrownBy(() -> model.forward(batch))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("input_ids has 1 dimensions; it has to be [batch, length]");
    }
  }

  private static Batch inputs(int rows, int length) {
    long[] ids = new long[rows * length];
    java.util.Arrays.setAll(ids, i -> 1 + i % 90);
    return Batch.of(Map.of("input_ids", longs(ids, rows, length)));
  }

  private static org.bytedeco.pytorch.Tensor longs(long[] values, long... shape) {
    return NativeTensors.copyOf(Tensor.ofLongs(values, shape));
  }
}
