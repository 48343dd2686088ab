package io.github.checkpoint4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import io.github.checkpoint4j.store.LocalStorage;
import io.github.checkpoint4j.torch.WeightLoading;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GenerationDefaultsTest {
  @TempDir Path directory;

  private static GenerationDefaults golden(String name) throws IOException {
    return GenerationDefaults.of(Golden.json("generation/defaults/" + name + ".json"), name);
  }

  private GenerationDefaults file(String text) throws IOException {
    Files.writeString(directory.resolve(GenerationDefaults.FILE), text);
    return GenerationDefaults.in(directory);
  }

  @Test
  void a_file_of_python_that_says_nothing_leaves_the_defaults() throws IOException {
    assertThat(golden("none").forPrompt(7).build()).isEqualTo(GenerationConfig.builder().build());
  }

  @Test
  void beam_search_is_as_python_saved_it() throws IOException {
    assertThat(golden("beams").forPrompt(7).build())
        .isEqualTo(
            GenerationConfig.builder()
                .numBeams(4)
                .numReturnSequences(2)
                .earlyStopping(EarlyStopping.NEVER)
                .lengthPenalty(0.5)
                .maxNewTokens(12)
                .minNewTokens(3)
                .eosTokenIds(List.of(2L, 5L))
                .padTokenId(0)
                .build());
    assertThat(golden("at_once").forPrompt(1).build())
        .isEqualTo(
            GenerationConfig.builder().numBeams(2).earlyStopping(EarlyStopping.AT_ONCE).build());
  }

  @Test
  void drawing_is_as_python_saved_it_and_its_lengths_count_the_prompt() throws IOException {
    GenerationConfig expected =
        GenerationConfig.builder()
            .doSample(true)
            .temperature(0.7)
            .topK(5)
            .topP(0.9)
            .repetitionPenalty(1.2)
            .noRepeatNgramSize(3)
            .maxNewTokens(12)
            .minNewTokens(5)
            .eosTokenIds(List.of(2L))
            .build();
    assertThat(golden("drawn").forPrompt(3).build()).isEqualTo(expected);
    assertThat(golden("drawn").forPrompt(10).build())
        .isEqualTo(expected.toBuilder().maxNewTokens(5).minNewTokens(0).build());
  }

  @Test
  void a_file_made_of_a_model_has_its_tokens() throws IOException {
    assertThat(golden("of_a_model").forPrompt(1).build())
        .isEqualTo(GenerationConfig.builder().eosTokenIds(List.of(2L)).padTokenId(0).build());
  }

  @Test
  void a_prompt_that_fills_the_length_is_refused() throws IOException {
    GenerationDefaults defaults = golden("drawn");
    assertThatThrownBy(() -> defaults.forPrompt(15))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "a prompt of 15 tokens and max_length 15, which counts them; give maxNewTokens, or a shorter prompt");
  }

  @Test
  void without_the_file_config_json_says_it() throws IOException {
    Files.writeString(
        directory.resolve("config.json"),
        "{\"model_type\": \"gpt2\", \"eos_token_id\": 4, \"num_beams\": 3, \"n_layer\": 2}");
    assertThat(GenerationDefaults.in(directory).forPrompt(1).build())
        .isEqualTo(GenerationConfig.builder().eosTokenIds(List.of(4L)).numBeams(3).build());

    Files.writeString(directory.resolve(GenerationDefaults.FILE), "{\"eos_token_id\": null}");
    assertThat(GenerationDefaults.in(directory).forPrompt(1).build())
        .isEqualTo(GenerationConfig.builder().build());
  }

  @Test
  void a_directory_with_neither_is_said() {
    assertThatThrownBy(() -> GenerationDefaults.in(directory))
        .isInstanceOf(NoSuchFileException.class)
        .hasMessageContaining("config.json");
  }

  @Test
  void what_is_saved_is_read_again() throws IOException {
    GenerationConfig config =
        GenerationConfig.builder()
            .maxNewTokens(9)
            .minNewTokens(2)
            .doSample(true)
            .temperature(0.5)
            .topK(0)
            .topP(0.25)
            .repetitionPenalty(2)
            .noRepeatNgramSize(4)
            .numBeams(2)
            .lengthPenalty(-1)
            .earlyStopping(EarlyStopping.AT_ONCE)
            .numReturnSequences(2)
            .eosTokenIds(List.of(1L))
            .padTokenId(3)
            .build();
    for (GenerationConfig each : List.of(config, GenerationConfig.builder().build())) {
      LocalStorage.instance()
          .write(
              directory.resolve(GenerationDefaults.FILE),
              GenerationDefaults.file(each.toBuilder().seed(4).build()));
      assertThat(GenerationDefaults.in(directory).forPrompt(1).build()).isEqualTo(each);
      Files.delete(directory.resolve(GenerationDefaults.FILE));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"min_p\": 0.1", "\"typical_p\": 0.9", "\"num_beam_groups\": 2",
        "\"bad_words_ids\": [[3]]", "\"stop_strings\": \"a\"", "\"forced_eos_token_id\": 2",
        "\"renormalize_logits\": true", "\"encoder_repetition_penalty\": 1.5"
      })
  void what_would_change_the_tokens_and_is_not_done_is_refused(String member) {
    String name = member.substring(1, member.indexOf('"', 1));
    String value = member.substring(member.indexOf(':') + 2).replace(" ", "");
    assertThatThrownBy(() -> file("{" + member + "}"))
        .isInstanceOf(UnsupportedFeatureException.class)
        .hasMessage(
            "%s: %s is %s, which is not supported; take it out to write without it"
                .formatted(directory.resolve(GenerationDefaults.FILE), name, value));
  }

  @Test
  void values_that_ask_for_nothing_are_passed_over() throws IOException {
    assertThat(
            file("{\"min_p\": null, \"typical_p\": 1.0, \"num_beam_groups\": 1, \"bad_words_ids\": [],"
                    + " \"renormalize_logits\": false, \"use_cache\": true, \"top_k\": null}")
                .forPrompt(1)
                .build())
        .isEqualTo(GenerationConfig.builder().build());
  }

  @Test
  void a_value_of_the_wrong_kind_or_out_of_its_range_is_a_corrupt_file() {
    Path path = directory.resolve(GenerationDefaults.FILE);
    assertThatThrownBy(() -> file("{\"early_stopping\": 3}"))
        .isInstanceOf(CorruptFileException.class)
        .hasMessage(path + ": early_stopping is 3; give true, false or \"never\"");
    assertThatThrownBy(() -> file("{\"top_p\": 2}"))
        .isInstanceOf(CorruptFileException.class)
        .hasMessage(path + ": topP is 2.0; give between 0 and 1");
    assertThatThrownBy(() -> file("{\"max_length\": 3000000000}"))
        .isInstanceOf(CorruptFileException.class)
        .hasMessage(path + ": max_length is 3000000000; 2147483647 is the most");
    assertThatThrownBy(() -> file("{\"num_beams\": \"two\"}"))
        .isInstanceOf(CorruptFileException.class)
        .hasMessageContaining("num_beams");
    assertThatThrownBy(() -> file("[]"))
        .isInstanceOf(CorruptFileException.class)
        .hasMessage(path + " is not a JSON object.");
  }

  @Test
  void a_model_takes_the_file_along() throws IOException {
    Path from = directory.resolve("from");
    Path to = directory.resolve("to");
    Files.createDirectory(from);
    for (String name : List.of("config.json", "model.safetensors")) {
      Files.copy(Golden.path("language/gpt2/" + name), from.resolve(name));
    }
    Files.copy(
        Golden.path("generation/defaults/of_a_model.json"), from.resolve(GenerationDefaults.FILE));
    Gpt2LMHeadModel.fromDirectory(from).save(to);
    assertThat(to.resolve(GenerationDefaults.FILE))
        .hasSameBinaryContentAs(Golden.path("generation/defaults/of_a_model.json"));

    Gpt2LMHeadModel.fromFile(from.resolve("model.safetensors"), WeightLoading.lenient()).save(to);
    assertThat(Gpt2LMHeadModel.fromDirectory(to).generationConfig())
        .hasValue(Golden.json("generation/defaults/of_a_model.json"));
  }
}
