package io.github.checkpoint4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.format.CorruptFileException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class LabeledTextTest {
  private static final List<String> LABELS = List.of("negative", "positive");

  @TempDir Path directory;

  @Test
  void labels_are_names_or_indices() throws IOException {
    Path file = file("0\tdull\npositive\tfun\n1\tbrisk\n");

    assertThat(LabeledText.read(file, LABELS))
        .containsExactly(
            new LabeledText("dull", 0), new LabeledText("fun", 1), new LabeledText("brisk", 1));
  }

  @Test
  void a_name_wins_over_an_index() throws IOException {
    assertThat(LabeledText.read(file("1\ta\n0\tb\n"), List.of("1", "0")))
        .containsExactly(new LabeledText("a", 0), new LabeledText("b", 1));
  }

  @Test
  void blank_lines_line_ends_of_windows_and_a_byte_order_mark_are_passed_over() throws IOException {
    Path file = file("\uFEFF0\tdull\r\n\r\n   \n1\tfun\r\n\n");

    assertThat(LabeledText.read(file, LABELS))
        .containsExactly(new LabeledText("dull", 0), new LabeledText("fun", 1));
  }

  @Test
  void the_last_line_need_not_end_and_texts_may_be_empty_or_have_tabs() throws IOException {
    assertThat(LabeledText.read(file("0\t\n 1 \ta\tb "), LABELS))
        .containsExactly(new LabeledText("", 0), new LabeledText("a\tb ", 1));
  }

  @Test
  void a_line_without_a_tab_is_named() {
    refused("0\tdull\n\n1 fun\n", ":3: no tab in '1 fun'; each line has to be LABEL, a tab, TEXT");
  }

  @Test
  void a_long_line_without_a_tab_is_cut_in_the_message() {
    refused(
        "x".repeat(500),
        ":1: no tab in '" + "x".repeat(40) + "...'; each line has to be LABEL, a tab, TEXT");
  }

  @Test
  void control_characters_are_shown_as_question_marks_in_one_line() {
    refused("\rx\0y", ":1: no tab in '?x?y'; each line has to be LABEL, a tab, TEXT");
  }

  @Test
  void a_line_without_a_label_is_named() {
    refused(
        "0\tdull\n\tfun\n", ":2: no label before the tab; each line has to be LABEL, a tab, TEXT");
  }

  @Test
  void an_unknown_label_is_named() {
    refused(
        "0\tdull\nneutral\tso so\n",
        ":2: unknown label 'neutral'; expected negative, positive, or an index from 0 to 1");
  }

  @Test
  void an_index_that_is_too_high_is_named() {
    refused(
        "2\tdull\n", ":1: unknown label '2'; expected negative, positive, or an index from 0 to 1");
  }

  @Test
  void a_negative_index_is_named() {
    refused(
        "-1\tdull\n",
        ":1: unknown label '-1'; expected negative, positive, or an index from 0 to 1");
  }

  @Test
  void an_empty_file_is_refused() {
    refused("", ": no examples; each line has to be LABEL, a tab, TEXT");
    refused("\n  \n", ": no examples; each line has to be LABEL, a tab, TEXT");
  }

  @Test
  void bytes_that_are_not_utf_8_are_named() throws IOException {
    Path file = directory.resolve("latin.tsv");
    Files.write(file, "0\tdull\n1\tcaf\u00e9\n".getBytes(StandardCharsets.ISO_8859_1));

    assertThatThrownBy(() -> LabeledText.read(file, LABELS))
        .isInstanceOf(CorruptFileException.class)
        .hasMessage(file + ":2: not UTF-8; convert the file first");
  }

  @Test
  void the_labels_of_a_file_are_its_sorted_names() throws IOException {
    assertThat(LabeledText.labels(file("pos\ta\nneg\tb\npos\tc\n"))).containsExactly("neg", "pos");
  }

  @Test
  void the_labels_of_a_file_of_indices_go_up_to_the_highest() throws IOException {
    assertThat(LabeledText.labels(file("0\ta\n3\tb\n")))
        .containsExactly("LABEL_0", "LABEL_1", "LABEL_2", "LABEL_3");
  }

  @Test
  void one_label_is_not_enough() throws IOException {
    Path file = file("good\ta\ngood\tb\n");

    assertThatThrownBy(() -> LabeledText.labels(file))
        .isInstanceOf(CorruptFileException.class)
        .hasMessage(file + ": the only label is 'good'; two are needed");
  }

  @Test
  void texts_in_the_place_of_labels_are_noticed() throws IOException {
    Path file =
        file(
            IntStream.range(0, 10_001)
                .mapToObj(i -> "text " + i + "\t1")
                .collect(Collectors.joining("\n")));

    assertThatThrownBy(() -> LabeledText.labels(file))
        .isInstanceOf(CorruptFileException.class)
        .hasMessage(file + ":10001: more than 10000 labels; is the label the first column?");
  }

  @Test
  void a_label_below_0_is_refused() {
    assertThatThrownBy(() -> new LabeledText("text", -1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the label's index is -1, below 0");
  }

  private void refused(String content, String message) {
    assertThatThrownBy(() -> LabeledText.read(file(content), LABELS))
        .isInstanceOf(CorruptFileException.class)
        .hasMessage(directory.resolve("examples.tsv") + message);
  }

  private Path file(String content) throws IOException {
    return Files.writeString(directory.resolve("examples.tsv"), content);
  }
}
