package io.github.checkpoint4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import io.github.checkpoint4j.transformers.T5Config.FeedForward;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class T5ConfigTest {
  @ParameterizedTest
  @ValueSource(strings = {"t5", "t5-gated"})
  void a_config_json_of_transformers_comes_back_as_it_was(String model) throws IOException {
    String file = "language/" + model + "/config.json";

    assertThat(T5Config.parse(Golden.json(file)).toJson().toIndentedText() + "\n")
        .isEqualTo(Files.readString(Golden.path(file)));
  }

  @Test
  void missing_members_have_the_values_of_transformers() throws IOException {
    T5Config config = T5Config.parse(Json.object(Map.of()));

    assertThat(config)
        .isEqualTo(
            new T5Config(
                32128,
                512,
                64,
                2048,
                6,
                6,
                8,
                32,
                128,
                0.1,
                1e-6,
                1.0,
                FeedForward.RELU,
                true,
                OptionalLong.of(0),
                List.of(1L),
                OptionalLong.empty(),
                Json.object(Map.of())));
    assertThat(T5Config.parse(config.toJson())).isEqualTo(config);
    assertThat(T5Config.of(32128, 512, 64, 2048, 6, 8))
        .isEqualTo(parse("{\"decoder_start_token_id\": 0}"));
    assertThat(config.withDropout(0.5)).isEqualTo(parse("{\"dropout_rate\": 0.5}"));
  }

  @Test
  void a_decoder_has_as_many_blocks_as_the_encoder_unless_it_is_said() throws IOException {
    assertThat(parse("{\"num_layers\": 3}").numDecoderLayers()).isEqualTo(3);
    assertThat(parse("{\"num_layers\": 3, \"num_decoder_layers\": 2}").numDecoderLayers())
        .isEqualTo(2);
  }

  /** Before transformers 5 the configuration of T5 1.1 said it by its untied head. */
  @Test
  void a_head_that_is_not_tied_is_not_scaled() throws IOException {
    assertThat(parse("{\"tie_word_embeddings\": false}").scaleDecoderOutputs()).isFalse();
    assertThat(parse("{}").scaleDecoderOutputs()).isTrue();
    T5Config today = parse("{\"tie_word_embeddings\": true, \"scale_decoder_outputs\": false}");
    assertThat(today.scaleDecoderOutputs()).isFalse();
    assertThat(today.toJson().bool("tie_word_embeddings")).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "relu, false, RELU, relu",
    "gelu, false, GELU, gelu",
    "gated-gelu, true, GELU_NEW, gated-gelu",
    "gated-gelu_new, true, GELU_NEW, gated-gelu",
    "gated-silu, true, SILU, gated-silu",
  })
  void feed_forward_layers_are_told_by_one_text(
      String text, boolean gated, Activation activation, String written) throws IOException {
    T5Config config = parse("{\"feed_forward_proj\": \"" + text + "\"}");

    assertThat(config.feedForwardProj()).isEqualTo(new FeedForward(gated, activation));
    assertThat(config.toJson().text("feed_forward_proj")).isEqualTo(written);
    assertThat(config.toJson().bool("is_gated_act")).isEqualTo(gated);
    assertThat(config.toJson().text("dense_act_fn")).isEqualTo(activation.text());
  }

  @Test
  void the_other_names_of_transformers_are_taken() throws IOException {
    assertThat(
            parse(
                "{\"hidden_size\": 8, \"num_attention_heads\": 2, \"num_hidden_layers\": 3,"
                    + " \"head_dim\": 5}"))
        .isEqualTo(parse("{\"d_model\": 8, \"num_heads\": 2, \"num_layers\": 3, \"d_kv\": 5}"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"vocab_size\": 0} | vocab_size 0 is not 1 or more",
        "{\"d_model\": 0} | d_model 0 is not 1 or more",
        "{\"d_kv\": 0} | d_kv 0 is not 1 or more",
        "{\"d_ff\": 0} | d_ff 0 is not 1 or more",
        "{\"num_layers\": 0} | num_layers 0 is not 1 or more",
        "{\"num_decoder_layers\": 0} | num_decoder_layers 0 is not 1 or more",
        "{\"num_heads\": 0} | num_heads 0 is not 1 or more",
        "{\"dropout_rate\": 1.5} | dropout_rate 1.5 is not between 0 and 1",
        "{\"layer_norm_epsilon\": -1} | layer_norm_epsilon -1.0 is not 0 or more",
        "{\"initializer_factor\": -1} | initializer_factor -1.0 is not 0 or more",
        "{\"relative_attention_num_buckets\": 3}"
            + "| relative_attention_num_buckets 3 is not 4 or more",
        "{\"relative_attention_max_distance\": 16}"
            + "| relative_attention_max_distance 16 is not above the half of"
            + " relative_attention_num_buckets 32",
        "{\"pad_token_id\": 32128} | pad_token_id 32128 is not below vocab_size 32128",
        "{\"decoder_start_token_id\": -1} | decoder_start_token_id -1 is not below vocab_size 32128",
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
        "{\"model_type\": \"mt5\"} | a model of type 'mt5'; only t5 is read",
        "{\"is_decoder\": true} | is_decoder is true and is_encoder_decoder is true; only an encoder"
            + " with a decoder is read",
        "{\"feed_forward_proj\": \"gated-mish\"} | feed_forward_proj 'mish' is not one of gelu,"
            + " gelu_pytorch_tanh, gelu_new, relu, silu, swish, tanh",
      })
  void a_model_of_another_kind_is_not_read(String json, String message) {
    assertThatThrownBy(() -> parse(json))
        .isInstanceOf(UnsupportedFeatureException.class)
        .hasMessage("config.json: " + message);
  }

  private static T5Config parse(String json) throws IOException {
    return T5Config.parse(
        (Json.Obj)
            Json.parsePython(
                MemorySegment.ofArray(json.getBytes(StandardCharsets.UTF_8)), "config.json"));
  }

  @Test
  void the_tokens_of_a_text_can_be_others() {
    T5Config config = T5Config.of(30, 16, 8, 24, 2, 2).withTokens(3, 4, 5);

    assertThat(config.padTokenId()).hasValue(3);
    assertThat(config.eosTokenIds()).containsExactly(4L);
    assertThat(config.decoderStartTokenId()).hasValue(5);
    assertThat(config.withTokens(0, 1, 0)).isEqualTo(T5Config.of(30, 16, 8, 24, 2, 2));
  }
}
