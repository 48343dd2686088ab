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
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class Gpt2ConfigTest {
  @ParameterizedTest
  @ValueSource(strings = {"gpt2", "gpt2-untied"})
  void a_config_json_of_transformers_comes_back_as_it_was(String model) throws IOException {
    String file = "language/" + model + "/config.json";

    assertThat(Gpt2Config.parse(Golden.json(file)).toJson().toIndentedText() + "\n")
        .isEqualTo(Files.readString(Golden.path(file)));
  }

  @Test
  void members_that_are_not_those_of_transformers_are_read() throws IOException {
    Gpt2Config config = Gpt2Config.parse(Golden.json("language/gpt2-untied/config.json"));

    assertThat(config.nInner()).hasValue(24);
    assertThat(config.activationFunction()).isEqualTo(Activation.RELU);
    assertThat(config.attnPdrop()).isEqualTo(0.3);
    assertThat(config.embdPdrop()).isZero();
    assertThat(config.residPdrop()).isEqualTo(0.1);
    assertThat(config.scaleAttnByInverseLayerIdx()).isTrue();
    assertThat(config.tieWordEmbeddings()).isFalse();
    assertThat(config.bosTokenId()).hasValue(1);
    assertThat(config.eosTokenIds()).containsExactly(2L);
    assertThat(config.padTokenId()).hasValue(0);
  }

  @Test
  void missing_members_have_the_values_of_transformers() throws IOException {
    Gpt2Config config = Gpt2Config.parse(Json.object(Map.of()));

    assertThat(config)
        .isEqualTo(
            new Gpt2Config(
                50257,
                1024,
                768,
                12,
                12,
                OptionalLong.empty(),
                Activation.GELU_NEW,
                0.1,
                0.1,
                0.1,
                1e-5,
                0.02,
                true,
                false,
                true,
                OptionalLong.of(50256),
                List.of(50256L),
                OptionalLong.empty(),
                Json.object(Map.of())));
    assertThat(Gpt2Config.parse(config.toJson())).isEqualTo(config);
    assertThat(Gpt2Config.of(50257, 1024, 768, 12, 12).withTokens(1, 2, 3))
        .isEqualTo(parse("{\"bos_token_id\": 1, \"eos_token_id\": 2, \"pad_token_id\": 3}"));
  }

  @Test
  void one_dropout_is_for_all() {
    Gpt2Config config = Gpt2Config.of(10, 8, 4, 1, 2).withDropout(0.25);

    assertThat(List.of(config.residPdrop(), config.embdPdrop(), config.attnPdrop()))
        .containsOnly(0.25);
  }

  @Test
  void several_tokens_may_end_a_text_or_none() throws IOException {
    assertThat(parse("{\"eos_token_id\": [3, 4]}").eosTokenIds()).containsExactly(3L, 4L);
    assertThat(parse("{\"eos_token_id\": [3, 4]}").toJson().get("eos_token_id").toText())
        .isEqualTo("[3,4]");
    Gpt2Config none = parse("{\"eos_token_id\": null, \"bos_token_id\": null}");
    assertThat(none.eosTokenIds()).isEmpty();
    assertThat(none.bosTokenId()).isEmpty();
    assertThat(Gpt2Config.parse(none.toJson())).isEqualTo(none);
  }

  @Test
  void the_other_names_of_transformers_are_taken_and_the_rest_is_passed_on() throws IOException {
    Gpt2Config config =
        parse(
            "{\"hidden_size\": 8, \"num_attention_heads\": 4, \"num_hidden_layers\": 3,"
                + " \"max_position_embeddings\": 9, \"summary_type\": \"first\"}");

    assertThat(config.nEmbd()).isEqualTo(8);
    assertThat(config.nHead()).isEqualTo(4);
    assertThat(config.nLayer()).isEqualTo(3);
    assertThat(config.nPositions()).isEqualTo(9);
    assertThat(config.toJson().find("hidden_size")).isEmpty();
    assertThat(config.toJson().text("summary_type")).isEqualTo("first");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"vocab_size\": 0} | vocab_size 0 is not 1 or more",
        "{\"n_positions\": 0} | n_positions 0 is not 1 or more",
        "{\"n_embd\": -1} | n_embd -1 is not 1 or more",
        "{\"n_layer\": 0} | n_layer 0 is not 1 or more",
        "{\"n_head\": 7} | n_embd 768 is not a multiple of n_head 7",
        "{\"n_inner\": 0} | n_inner 0 is not 1 or more",
        "{\"resid_pdrop\": 1.5} | resid_pdrop 1.5 is not between 0 and 1",
        "{\"embd_pdrop\": -1} | embd_pdrop -1.0 is not between 0 and 1",
        "{\"attn_pdrop\": 2} | attn_pdrop 2.0 is not between 0 and 1",
        "{\"layer_norm_epsilon\": -1} | layer_norm_epsilon -1.0 is not 0 or more",
        "{\"initializer_range\": -1} | initializer_range -1.0 is not 0 or more",
        "{\"n_embd\": \"8\"} | member 'n_embd' should be a whole number and is a string",
        "{\"eos_token_id\": [\"a\"]} | eos_token_id holds \"a\", which is no number",
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
        "{\"model_type\": \"bert\"} | a model of type 'bert'; only gpt2 is read",
        "{\"add_cross_attention\": true}"
            + "| add_cross_attention is true; only decoders without an encoder are read",
        "{\"activation_function\": \"mish\"} | activation_function 'mish' is not one of gelu,"
            + " gelu_pytorch_tanh, gelu_new, relu, silu, swish, tanh",
      })
  void a_model_of_another_kind_is_not_read(String json, String message) {
    assertThatThrownBy(() -> parse(json))
        .isInstanceOf(UnsupportedFeatureException.class)
        .hasMessage("config.json: " + message);
  }

  private static Gpt2Config parse(String json) throws IOException {
    return Gpt2Config.parse(
        (Json.Obj)
            Json.parsePython(
                MemorySegment.ofArray(json.getBytes(StandardCharsets.UTF_8)), "config.json"));
  }
}
