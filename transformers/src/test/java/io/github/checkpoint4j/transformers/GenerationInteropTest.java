package io.github.checkpoint4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.store.LocalStorage;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("interop")
class GenerationInteropTest {
  @TempDir Path directory;

  @Test
  void random_options_give_the_tokens_of_transformers() throws Exception {
    torch.set_num_threads(1);
    String script =
        """
        import json, sys, warnings
        sys.path.insert(0, sys.argv[1])
        sys.dont_write_bytecode = True
        import torch, transformers, bigrams
        transformers.logging.set_verbosity_error()
        warnings.simplefilter("ignore")
        torch.set_num_threads(1)
        print(json.dumps(bigrams.generated(400, int(sys.argv[2]))))
        """;
    long seed = Long.getLong("checkpoint4j.generation.seed", 77);
    byte[] printed =
        new Python(directory)
            .run(List.of("-c", script, Golden.path("generation").toString(), String.valueOf(seed)));

    List<GenerationCase> cases =
        GenerationCase.all(Json.parsePython(MemorySegment.ofArray(printed), "cases"));
    assertThat(cases).hasSizeGreaterThan(380);
    cases.forEach(GenerationCase::check);
  }

  @Test
  void python_writes_with_the_defaults_that_were_saved_here() throws Exception {
    torch.set_num_threads(1);
    for (Path file :
        List.of(
            Golden.path("language/gpt2/config.json"),
            Golden.path("language/gpt2/model.safetensors"))) {
      Files.copy(file, directory.resolve(file.getFileName()));
    }
    GenerationConfig config =
        GenerationConfig.builder()
            .maxNewTokens(9)
            .minNewTokens(4)
            .numBeams(3)
            .numReturnSequences(2)
            .lengthPenalty(0.7)
            .earlyStopping(EarlyStopping.NEVER)
            .repetitionPenalty(1.3)
            .noRepeatNgramSize(2)
            .eosTokenIds(List.of(3L, 7L))
            .padTokenId(5)
            .build();
    LocalStorage.instance()
        .write(directory.resolve(GenerationDefaults.FILE), GenerationDefaults.file(config));
    String script =
        """
        import json, sys
        import torch, transformers
        transformers.logging.set_verbosity_error()
        torch.set_num_threads(1)
        model = transformers.GPT2LMHeadModel.from_pretrained(sys.argv[1]).eval()
        written = model.generate(torch.tensor([[1, 5, 2]]), attention_mask=torch.ones(1, 3))
        model.generation_config.save_pretrained(sys.argv[1])
        print(json.dumps({"tokens": written[:, 3:].tolist()}))
        """;
    byte[] printed = new Python(directory).run(List.of("-c", script, directory.toString()));

    Json.Obj expected = (Json.Obj) Json.parsePython(MemorySegment.ofArray(printed), "tokens");
    Pretrained<Gpt2LMHeadModel> loaded = Gpt2LMHeadModel.fromDirectory(directory);
    loaded.model().eval();
    GenerationDefaults defaults = GenerationDefaults.in(directory);
    assertThat(defaults.forPrompt(3).build()).isEqualTo(config);
    try (var decoder = new Gpt2Decoder(loaded.model())) {
      List<Generated> texts =
          TextGeneration.generate(decoder, new long[][] {{1, 5, 2}}, defaults.forPrompt(3).build());
      assertThat(
              texts.stream().map(Generated::tokens).map(GenerationInteropTest::filledUp).toList())
          .isEqualTo(
              expected.array("tokens").items().stream()
                  .map(GenerationCase::longs)
                  .map(GenerationInteropTest::filledUp)
                  .toList());
    }
  }

  /** Python fills rows up to the longest. */
  private static List<Long> filledUp(List<Long> tokens) {
    List<Long> nine = new ArrayList<>(tokens);
    while (nine.size() < 9) {
      nine.add(5L);
    }
    return nine;
  }
}
