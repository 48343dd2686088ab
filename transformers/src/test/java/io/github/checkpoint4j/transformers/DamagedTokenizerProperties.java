package io.github.checkpoint4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.format.CorruptFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.lifecycle.AfterProperty;
import net.jqwik.api.lifecycle.BeforeProperty;

final class DamagedTokenizerProperties {
  private Path directory = Path.of("");

  @BeforeProperty
  void make_a_directory() throws IOException {
    directory = Files.createTempDirectory("tokenizer");
  }

  @AfterProperty
  void delete_it() throws IOException {
    Files.deleteIfExists(directory.resolve("tokenizer.json"));
    Files.delete(directory);
  }

  @Property(tries = 400)
  void a_changed_byte_is_a_tokenizer_or_an_error_that_names_the_file(
      @ForAll @IntRange(max = 1_000_000) int place, @ForAll byte value) throws IOException {
    byte[] bytes = whole();
    bytes[place % bytes.length] = value;

    opens_or_is_named(bytes);
  }

  @Property(tries = 100)
  void a_beginning_is_an_error_that_names_the_file(@ForAll @IntRange(max = 1_000_000) int length)
      throws IOException {
    byte[] bytes = whole();

    assertThat(opens_or_is_named(Arrays.copyOf(bytes, length % (bytes.length - 1)))).isFalse();
  }

  private static byte[] whole() throws IOException {
    return Files.readAllBytes(GoldenText.path("transcription/tokenizer.json"));
  }

  private boolean opens_or_is_named(byte[] bytes) throws IOException {
    Path file = directory.resolve("tokenizer.json");
    Files.write(file, bytes);
    try (Tokenizer tokenizer = Tokenizer.fromDirectory(directory)) {
      assertThat(tokenizer.encode("photon F OW", 8).length()).isNotNegative();
      assertThat(tokenizer.decode(new long[] {1, 2, 3, 99}, true)).isNotNull();
      return true;
    } catch (CorruptFileException e) {
      assertThat(e).hasMessageStartingWith(file.toString());
      return false;
    }
  }
}
