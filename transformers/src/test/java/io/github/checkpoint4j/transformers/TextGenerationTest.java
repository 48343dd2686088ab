package io.github.checkpoint4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.format.Json;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.util.List;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TextGenerationTest {
  private static final long[][] PROMPT = {{1, 2}};

  @BeforeEach
  void one_thread() {
    torch.set_num_threads(1);
  }

  private static List<Generated> generate(GenerationConfig.Builder config, long[][] prompts) {
    try (BigramDecoder decoder = new BigramDecoder(9, 3)) {
      return TextGeneration.generate(decoder, prompts, config.build());
    }
  }

  @Test
  void tokens_and_scores_are_those_of_transformers() throws Exception {
    MemorySegment file =
        MemorySegment.ofArray(Files.readAllBytes(Golden.path("generation/cases.json")));
    List<GenerationCase> cases = GenerationCase.all(Json.parsePython(file, "cases.json"));

    assertThat(cases).hasSize(300);
    cases.forEach(GenerationCase::check);
  }

  @Test
  void a_step_costs_one_call_of_the_decoder() {
    try (BigramDecoder decoder = new BigramDecoder(9, 3)) {
      TextGeneration.generate(
          decoder, PROMPT, GenerationConfig.builder().maxNewTokens(7).numBeams(3).build());
      assertThat(decoder.calls).isEqualTo(7);
    }
  }

  @Test
  void a_stop_condition_ends_a_text_with_the_token_that_met_it() {
    List<Long> free = generate(GenerationConfig.builder(), PROMPT).getFirst().tokens();

    for (int beams : new int[] {1, 3}) {
      List<Long> stopped =
          generate(
                  GenerationConfig.builder()
                      .numBeams(beams)
                      .stopCondition((prompt, tokens, length) -> length - prompt == 4),
                  PROMPT)
              .getFirst()
              .tokens();
      assertThat(stopped).hasSize(4);
      if (beams == 1) {
        assertThat(stopped).isEqualTo(free.subList(0, 4));
      }
    }
  }

  @Test
  void the_same_seed_draws_the_same_and_leaves_the_default_generator_as_it_was() {
    GenerationConfig.Builder drawn = GenerationConfig.builder().doSample(true).seed(5);
    torch.manual_seed(1);
    List<Generated> first = generate(drawn, PROMPT);
    torch.manual_seed(2);
    List<Generated> second = generate(drawn, PROMPT);
    float after = torch.rand(1).item_float();
    torch.manual_seed(2);

    assertThat(second).isEqualTo(first);
    assertThat(after).isEqualTo(torch.rand(1).item_float());
    assertThat(generate(drawn.seed(6), PROMPT)).isNotEqualTo(first);
  }

  @Test
  void without_a_seed_the_default_generator_draws() {
    GenerationConfig.Builder drawn = GenerationConfig.builder().doSample(true);
    torch.manual_seed(7);
    List<Generated> first = generate(drawn, PROMPT);
    torch.manual_seed(7);

    assertThat(generate(drawn, PROMPT)).isEqualTo(first);
    assertThat(generate(drawn.seed(7), PROMPT)).isEqualTo(first);
  }

  @Test
  void each_prompt_has_its_texts_in_order() {
    List<Generated> texts =
        generate(
            GenerationConfig.builder().numBeams(4).numReturnSequences(3),
            new long[][] {{1, 2}, {3, 4}});

    assertThat(texts).extracting(Generated::prompt).containsExactly(0, 0, 0, 1, 1, 1);
    assertThat(texts.subList(0, 3))
        .isSortedAccordingTo((a, b) -> Double.compare(b.score(), a.score()));
    assertThat(generate(GenerationConfig.builder().numBeams(4), new long[][] {{3, 4}}).getFirst())
        .isEqualTo(new Generated(0, texts.get(3).tokens(), texts.get(3).score()));
  }

  @Test
  void prompts_that_cannot_be_continued_together_are_refused() {
    GenerationConfig.Builder config = GenerationConfig.builder();
    assertThatThrownBy(() -> generate(config, new long[][] {}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("there are no prompts to continue; give one");
    assertThatThrownBy(() -> generate(config, new long[][] {{}}))
        .hasMessage("a prompt has no tokens; give it at least the one that begins a text");
    assertThatThrownBy(() -> generate(config, new long[][] {{1}, {1, 2}}))
        .hasMessage("prompts of 1 and of 2 tokens; give those of one length together");
    assertThatThrownBy(() -> generate(GenerationConfig.builder().maxNewTokens(63), PROMPT))
        .hasMessage(
            "a prompt of 2 tokens and maxNewTokens 63; the model has 64 positions: give less");
  }

  @Test
  void drawing_when_every_token_is_forbidden_is_an_error_that_says_so() {
    assertThatThrownBy(
            () -> generate(GenerationConfig.builder().doSample(true).noRepeatNgramSize(1), PROMPT))
        .isInstanceOf(ArithmeticException.class)
        .hasMessage(
            "no token can be drawn: the model's logits are not finite, or every token is forbidden;"
                + " look for NaN with ckpt tensors --stats, or give a greater noRepeatNgramSize");
  }

  @Test
  void values_out_of_their_range_are_refused() {
    refused(GenerationConfig.builder().maxNewTokens(0), "maxNewTokens is 0; give at least 1");
    refused(GenerationConfig.builder().minNewTokens(-1), "minNewTokens is -1; give at least 0");
    refused(GenerationConfig.builder().temperature(0), "temperature is 0.0; give above 0");
    refused(GenerationConfig.builder().temperature(Double.NaN), "temperature is NaN; give above 0");
    refused(GenerationConfig.builder().topK(-1), "topK is -1; give at least 0");
    refused(GenerationConfig.builder().topP(1.5), "topP is 1.5; give between 0 and 1");
    refused(
        GenerationConfig.builder().repetitionPenalty(0), "repetitionPenalty is 0.0; give above 0");
    refused(
        GenerationConfig.builder().noRepeatNgramSize(-1),
        "noRepeatNgramSize is -1; give at least 0");
    refused(GenerationConfig.builder().numBeams(0), "numBeams is 0; give at least 1");
    refused(
        GenerationConfig.builder().lengthPenalty(Double.POSITIVE_INFINITY),
        "lengthPenalty is Infinity; give finite");
    refused(
        GenerationConfig.builder().numReturnSequences(0),
        "numReturnSequences is 0; give at least 1");
    refused(
        GenerationConfig.builder().eosTokenIds(List.of(-1L)), "eosTokenIds is -1; give at least 0");
    refused(GenerationConfig.builder().padTokenId(-1), "padTokenId is -1; give at least 0");
  }

  @Test
  void values_that_do_not_go_together_are_refused() {
    refused(
        GenerationConfig.builder().minNewTokens(30),
        "minNewTokens is 30 and maxNewTokens 20; the least cannot be more than the most");
    refused(
        GenerationConfig.builder().numBeams(2).numReturnSequences(3),
        "numReturnSequences is 3 and numBeams 2; a beam is one sequence: give as many beams");
    refused(
        GenerationConfig.builder().numReturnSequences(2),
        "numReturnSequences is 2, and they would all be the same; set doSample, or numBeams");
  }

  @Test
  void a_builder_of_a_configuration_has_its_values() {
    GenerationConfig config =
        GenerationConfig.builder()
            .maxNewTokens(9)
            .minNewTokens(2)
            .doSample(true)
            .temperature(0.5)
            .topK(7)
            .topP(0.9)
            .repetitionPenalty(1.1)
            .noRepeatNgramSize(3)
            .numBeams(4)
            .lengthPenalty(2)
            .earlyStopping(EarlyStopping.NEVER)
            .numReturnSequences(2)
            .eosTokenIds(List.of(3L))
            .padTokenId(1)
            .seed(8)
            .build();

    assertThat(config.toBuilder().build()).isEqualTo(config);
  }

  private static void refused(GenerationConfig.Builder builder, String message) {
    assertThatThrownBy(builder::build)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }
}
