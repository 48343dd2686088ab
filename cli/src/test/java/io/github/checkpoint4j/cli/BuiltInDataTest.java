package io.github.checkpoint4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.transformers.TextFile;
import io.github.checkpoint4j.transformers.TextPair;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class BuiltInDataTest {
  @Test
  void the_poems_have_four_or_eight_lines_of_five_or_seven_characters() throws IOException {
    List<String> training = Poems.training();
    List<String> evaluation = Poems.evaluation();

    assertThat(training).hasSize(9000);
    assertThat(new HashSet<>(training)).hasSize(9000);
    assertThat(evaluation).hasSize(300);
    assertThat(Collections.disjoint(evaluation, new HashSet<>(training))).isTrue();
    for (List<String> poems : List.of(training, evaluation)) {
      assertThat(poems).allMatch(poem -> poem.matches("((\\p{IsHan}{5}|\\p{IsHan}{7})[，。]){4,8}"));
    }
  }

  @Test
  void the_pronunciations_are_of_words_in_small_letters_by_the_39_phonemes_of_arpabet()
      throws IOException {
    List<TextPair> training = Pronunciations.training();
    List<TextPair> evaluation = Pronunciations.evaluation();

    assertThat(training).hasSize(40_000);
    assertThat(evaluation).hasSize(1000);
    Set<String> words = new HashSet<>();
    Set<String> phonemes = new HashSet<>();
    for (TextPair pair : training) {
      words.add(pair.source());
      phonemes.addAll(List.of(pair.target().split(" ")));
    }
    assertThat(words).hasSize(40_000).allMatch(word -> word.matches("[a-z']+"));
    assertThat(phonemes).hasSize(39).allMatch(phoneme -> phoneme.matches("[A-Z]{1,2}"));
    assertThat(evaluation)
        .noneMatch(pair -> words.contains(pair.source()))
        .allMatch(pair -> phonemes.containsAll(List.of(pair.target().split(" "))));
  }

  @Test
  void the_file_that_says_where_they_come_from_names_each() throws Exception {
    URL provenance = BuiltInData.class.getResource("PROVENANCE.md");
    assertThat(provenance).isNotNull();
    Path file = Path.of(provenance.toURI());
    String text = Files.readString(file);
    try (var files = Files.list(file.resolveSibling("."))) {
      List<String> data =
          files
              .map(path -> path.getFileName().toString())
              .filter(name -> name.endsWith(".tsv") || name.endsWith(".txt"))
              .toList();
      assertThat(data).hasSize(6);
      assertThat(data).allMatch(name -> text.contains("`" + name + "`"));
    }
  }

  @Test
  void a_jar_without_the_file_is_named() {
    assertThatThrownBy(() -> BuiltInData.read("absent.txt", TextFile::lines))
        .isInstanceOf(FileNotFoundException.class)
        .hasMessage("absent.txt is not in the program's jar; build it again");
  }
}
