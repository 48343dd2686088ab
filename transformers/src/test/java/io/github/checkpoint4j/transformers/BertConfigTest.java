package io.github.checkpoint4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class BertConfigTest {
  @Test
  void a_config_json_of_transformers_comes_back_as_it_was() throws IOException {
    BertConfig config = BertConfig.parse(Golden.json("tiny/config.json"));

    assertThat(config.hiddenSize()).isEqualTo(32);
    assertThat(config.numHiddenLayers()).isEqualTo(2);
    assertThat(config.initializerRange()).isEqualTo(0.2);
    assertThat(config.layerNormEps()).isEqualTo(1e-12);
    assertThat(config.labels()).containsExactly("LABEL_0", "LABEL_1");
    assertThat(config.problemType()).isEmpty();
    assertThat(config.toJson().toIndentedText() + "\n")
        .isEqualTo(Files.readString(Golden.path("tiny/config.json")));
  }

  @Test
  void missing_members_have_the_values_of_transformers() throws IOException {
    BertConfig config = BertConfig.parse(Json.object(Map.of()));

    assertThat(config)
        .isEqualTo(
            new BertConfig(
                30522,
                768,
                12,
                12,
                3072,
                Activation.GELU,
                0.1,
                0.1,
                OptionalDouble.empty(),
                512,
                2,
                0.02,
                1e-12,
                OptionalLong.of(0),
                List.of("LABEL_0", "LABEL_1"),
                Optional.empty(),
                Json.object(Map.of())));
  }

  @Test
  void unknown_members_are_passed_on() throws IOException {
    BertConfig config = parse("{\"finetuning_task\": \"sst2\", \"gradient_checkpointing\": false}");

    assertThat(config.toJson().text("finetuning_task")).isEqualTo("sst2");
    assertThat(config.toJson().bool("gradient_checkpointing")).isFalse();
  }

  @Test
  void labels_have_names_both_ways() throws IOException {
    BertConfig config =
        parse(
            "{\"id2label\": {\"0\": \"sad\", \"2\": 5, \"1\": \"gay\"}, \"label2id\": {\"sad\": 7}}");

    assertThat(config.labels()).containsExactly("sad", "gay", "5");
    assertThat(config.toJson().object("id2label").toText())
        .isEqualTo("{\"0\":\"sad\",\"1\":\"gay\",\"2\":\"5\"}");
    assertThat(config.toJson().object("label2id").toText())
        .isEqualTo("{\"5\":2,\"gay\":1,\"sad\":0}");
  }

  @Test
  void a_number_of_labels_is_enough() throws IOException {
    BertConfig config = parse("{\"num_labels\": 3}");

    assertThat(config.labels()).containsExactly("LABEL_0", "LABEL_1", "LABEL_2");
    assertThat(config.toJson().find("num_labels")).isEmpty();
  }

  @Test
  void null_is_nothing() throws IOException {
    BertConfig config =
        parse(
            "{\"pad_token_id\": null, \"id2label\": null, \"classifier_dropout\": null,"
                + " \"problem_type\": null}");

    assertThat(config.padTokenId()).isEmpty();
    assertThat(config.classifierDropout()).isEmpty();
    assertThat(config.numLabels()).isEqualTo(2);
    assertThat(config.toJson().get("pad_token_id")).isEqualTo(Json.Null.NULL);
  }

  @Test
  void dropout_of_the_classifier_and_problem_type_are_kept() throws IOException {
    BertConfig config =
        parse("{\"classifier_dropout\": 0.3, \"problem_type\": \"regression\", \"num_labels\": 1}");

    assertThat(config.classifierDropout()).hasValue(0.3);
    assertThat(config.problemType()).contains(ProblemType.REGRESSION);
    assertThat(BertConfig.parse(config.toJson())).isEqualTo(config);
  }

  @Test
  void other_labels_leave_the_rest() throws IOException {
    BertConfig config = BertConfig.parse(Golden.json("tiny/config.json"));
    BertConfig other = config.withLabels(List.of("a", "b", "c"));

    assertThat(other.numLabels()).isEqualTo(3);
    assertThat(other.withLabels(config.labels())).isEqualTo(config);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"vocab_size\": 0} | vocab_size 0 is not 1 or more",
        "{\"hidden_size\": -1} | hidden_size -1 is not 1 or more",
        "{\"num_hidden_layers\": 0} | num_hidden_layers 0 is not 1 or more",
        "{\"num_attention_heads\": 7}"
            + "| hidden_size 768 is not a multiple of num_attention_heads 7",
        "{\"hidden_dropout_prob\": 1.5} | hidden_dropout_prob 1.5 is not between 0 and 1",
        "{\"attention_probs_dropout_prob\": -0.1}"
            + "| attention_probs_dropout_prob -0.1 is not between 0 and 1",
        "{\"classifier_dropout\": 2} | classifier_dropout 2.0 is not between 0 and 1",
        "{\"layer_norm_eps\": -1} | layer_norm_eps -1.0 is not 0 or more",
        "{\"initializer_range\": -1} | initializer_range -1.0 is not 0 or more",
        "{\"pad_token_id\": 30522} | pad_token_id 30522 is not below vocab_size 30522",
        "{\"hidden_size\": \"768\"}"
            + "| member 'hidden_size' should be a whole number and is a string",
        "{\"hidden_size\": 1.5} | member 'hidden_size': 1.5 is not a whole number",
        "{\"id2label\": {}} | id2label has no label",
        "{\"id2label\": {\"1\": \"a\"}} | id2label has no label 0; its indices are [1]",
        "{\"id2label\": {\"0\": \"a\", \"1\": \"a\"}} | id2label has a label twice: [a, a]",
        "{\"id2label\": {\"0\": \"a\", \"1\": \"b\"}, \"num_labels\": 3}"
            + "| num_labels is 3 and id2label has 2 labels",
        "{\"num_labels\": 0} | num_labels 0 is not between 1 and 1000000",
        "{\"num_labels\": 99999999999} | num_labels 99999999999 is not between 1 and 1000000",
        "{\"problem_type\": \"single_label_classification\", \"num_labels\": 1}"
            + "| problem_type single_label_classification with 1 label; it takes two or more",
      })
  void a_configuration_that_makes_no_model_is_refused(String json, String message) {
    assertThatThrownBy(() -> parse(json))
        .isInstanceOf(CorruptFileException.class)
        .hasMessage("config.json: " + message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"model_type\": \"gpt2\"} | a model of type 'gpt2'; only bert is read",
        "{\"is_decoder\": true} | is_decoder is true; only encoders are read",
        "{\"add_cross_attention\": true} | add_cross_attention is true; only encoders are read",
        "{\"position_embedding_type\": \"relative_key\"}"
            + "| position_embedding_type is 'relative_key'; only absolute is read",
        "{\"hidden_act\": \"mish\"} | hidden_act 'mish' is not one of gelu, gelu_pytorch_tanh, gelu_new,"
            + " relu, silu, swish, tanh",
        "{\"problem_type\": \"ranking\"} | problem_type 'ranking' is not one of regression,"
            + " single_label_classification, multi_label_classification",
      })
  void a_model_of_another_kind_is_not_read(String json, String message) {
    assertThatThrownBy(() -> parse(json))
        .isInstanceOf(UnsupportedFeatureException.class)
        .hasMessage("config.json: " + message);
  }

  private static BertConfig parse(String json) throws IOException {
    return BertConfig.parse(
        (Json.Obj)
            Json.parsePython(
                MemorySegment.ofArray(json.getBytes(StandardCharsets.UTF_8)), "config.json"));
  }
}
