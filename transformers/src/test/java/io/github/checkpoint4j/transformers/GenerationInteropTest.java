package io.github.checkpoint4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.format.Json;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
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
}
