package io.github.checkpoint4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.format.CorruptFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.lifecycle.AfterProperty;
import net.jqwik.api.lifecycle.BeforeProperty;

final class LabeledTextProperties {
  private static final List<String> LABELS = List.of("bad", "so so", "good");

  private Path file = Path.of("");

  @BeforeProperty
  void make_a_file() throws IOException {
    file = Files.createTempFile("examples", ".tsv");
  }

  @AfterProperty
  void delete_the_file() throws IOException {
    Files.deleteIfExists(file);
  }

  @Property(tries = 300)
  void what_is_written_is_read(@ForAll("examples") List<LabeledText> examples) throws IOException {
    Files.writeString(
        file,
        examples.stream()
            .map(example -> LABELS.get(example.label()) + "\t" + example.text())
            .collect(Collectors.joining("\n")));

    assertThat(LabeledText.read(file, LABELS)).isEqualTo(examples);
  }

  @Provide
  Arbitrary<List<LabeledText>> examples() {
    Arbitrary<String> texts =
        Arbitraries.strings()
            .ofMaxLength(30)
            .filter(
                text ->
                    !text.contains("\n")
                        && !text.endsWith("\r")
                        && text.chars().noneMatch(c -> Character.isSurrogate((char) c)));
    return Combinators.combine(texts, Arbitraries.integers().between(0, 2))
        .as(LabeledText::new)
        .list()
        .ofMinSize(1)
        .ofMaxSize(20);
  }

  @Property(tries = 500)
  void any_bytes_are_examples_or_an_error_that_names_the_file(@ForAll @Size(max = 200) byte[] bytes)
      throws IOException {
    Files.write(file, bytes);
    try {
      assertThat(LabeledText.read(file, LABELS)).isNotEmpty();
    } catch (CorruptFileException e) {
      assertThat(e).hasMessageStartingWith(file.toString());
      assertThat(String.valueOf(e.getMessage()).lines()).hasSize(1);
    }
  }
}
