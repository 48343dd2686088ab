package io.github.checkpoint4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DiscoveryTest {
  @TempDir Path root;

  @Test
  void runs_and_models_are_found_wherever_they_lie() throws IOException {
    Fixture.run(root.resolve("b/run"));
    Fixture.run(root.resolve("a"));
    Fixture.safetensors(root.resolve("b/run/best.safetensors"));
    Path model = Files.createDirectories(root.resolve("c/model"));
    Fixture.safetensors(model.resolve("model.safetensors"));
    Fixture.pytorch(root.resolve("c/state.PT"));
    Files.writeString(root.resolve("c/notes.txt"), "");

    Discovery found = Discovery.of(root);
    assertThat(found.runs()).containsExactly(root.resolve("a"), root.resolve("b/run"));
    assertThat(found.models())
        .containsExactly(
            root.resolve("b/run/best.safetensors"),
            root.resolve("c/model"),
            root.resolve("c/state.PT"));
    assertThat(found.whole()).isTrue();
  }

  @Test
  void the_directory_itself_may_be_a_run_or_a_checkpoint() throws IOException {
    Fixture.run(root);

    assertThat(Discovery.of(root).runs()).containsExactly(root);
    assertThat(Discovery.of(root).models()).isEmpty();
    Discovery checkpoint = Discovery.of(root.resolve("checkpoint-50"));
    assertThat(checkpoint.models()).containsExactly(root.resolve("checkpoint-50"));
  }

  @Test
  void links_are_not_followed_and_hidden_directories_not_entered() throws IOException {
    Fixture.run(root.resolve(".cache/run"));
    Path real = Fixture.run(root.resolve("real"));
    Files.createSymbolicLink(root.resolve("link"), real);
    Files.createSymbolicLink(real.resolve("loop"), root);

    assertThat(Discovery.of(root).runs()).containsExactly(real);
  }

  @Test
  void a_directory_of_very_many_files_is_not_looked_through_to_the_end() throws IOException {
    for (int i = 0; i < 20_001; i++) {
      Files.createFile(root.resolve("f" + i));
    }

    assertThat(Discovery.of(root).whole()).isFalse();
  }

  @Test
  void a_missing_directory_is_an_error() {
    assertThatThrownBy(() -> Discovery.of(root.resolve("missing")))
        .isInstanceOf(NoSuchFileException.class);
  }
}
