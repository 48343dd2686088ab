package io.github.checkpoint4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.format.CorruptFileException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TextFileTest {
  @TempDir Path directory;

  @Test
  void each_line_that_is_not_blank_is_a_text() throws IOException {
    Path file = write("\uFEFFfirst \r\n\r\n \t \n  second\tpart\nlast");

    assertThat(TextFile.lines(file)).containsExactly("first ", "  second\tpart", "last");
  }

  @Test
  void a_file_of_blank_lines_is_refused() throws IOException {
    Path file = write("\n  \n\r\n");

    assertThatThrownBy(() -> TextFile.lines(file))
        .isInstanceOf(CorruptFileException.class)
        .hasMessage(file + ": no text; each line has to be one example");
  }

  @Test
  void a_line_that_is_not_utf_8_is_named() throws IOException {
    Path file = directory.resolve("latin.txt");
    Files.write(file, "fine\n\ncaf\u00e9\n".getBytes(StandardCharsets.ISO_8859_1));

    assertThatThrownBy(() -> TextFile.lines(file))
        .isInstanceOf(CorruptFileException.class)
        .hasMessage(file + ":3: not UTF-8; convert the file first");
  }

  @Test
  void a_file_that_is_not_there_is_named() {
    Path file = directory.resolve("absent.txt");

    assertThatThrownBy(() -> TextFile.lines(file))
        .isInstanceOf(NoSuchFileException.class)
        .hasMessage(file.toString());
  }

  @Test
  void a_pair_is_a_line_with_a_tab() throws IOException {
    Path file = write("'tis\tT IH Z\r\n\nempty\t\n two words \ta\tb\n");

    assertThat(TextPair.read(file))
        .containsExactly(
            new TextPair("'tis", "T IH Z"),
            new TextPair("empty", ""),
            new TextPair(" two words ", "a\tb"));
  }

  @Test
  void a_line_without_a_tab_is_named() throws IOException {
    Path file = write("a\tb\n\nphoton F OW\n");

    assertThatThrownBy(() -> TextPair.read(file))
        .isInstanceOf(CorruptFileException.class)
        .hasMessage(
            file + ":3: no tab in 'photon F OW'; each line has to be SOURCE, a tab, TARGET");
  }

  @Test
  void a_line_without_a_source_is_named() throws IOException {
    Path file = write("a\tb\n \tF OW\n");

    assertThatThrownBy(() -> TextPair.read(file))
        .isInstanceOf(CorruptFileException.class)
        .hasMessage(
            file + ":2: no source before the tab; each line has to be SOURCE, a tab, TARGET");
  }

  @Test
  void a_file_without_pairs_is_refused() throws IOException {
    Path file = write("\n");

    assertThatThrownBy(() -> TextPair.read(file))
        .isInstanceOf(CorruptFileException.class)
        .hasMessage(file + ": no examples; each line has to be SOURCE, a tab, TARGET");
  }

  @Property(tries = 300)
  void any_bytes_are_texts_and_pairs_or_an_error_that_names_the_file(
      @ForAll @Size(max = 200) byte[] bytes) throws IOException {
    Path file = Files.createTempFile("texts", ".txt");
    try {
      Files.write(file, bytes);
      for (Reading reading : List.<Reading>of(TextFile::lines, TextPair::read)) {
        try {
          assertThat(reading.read(file)).isNotEmpty();
        } catch (CorruptFileException e) {
          assertThat(e).hasMessageStartingWith(file.toString());
          assertThat(String.valueOf(e.getMessage()).lines()).hasSize(1);
        }
      }
    } finally {
      Files.delete(file);
    }
  }

  private interface Reading {
    List<?> read(Path file) throws IOException;
  }

  private Path write(String content) throws IOException {
    return Files.writeString(directory.resolve("texts.txt"), content);
  }
}
