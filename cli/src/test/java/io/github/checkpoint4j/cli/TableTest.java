package io.github.checkpoint4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.Test;

class TableTest {
  @Test
  void columns_line_up_and_lines_have_no_blanks_at_the_end() {
    Table table = new Table("name", ">size", "note");
    table.row(List.of("a", "1000", ""));
    table.row(List.of("😀longer", "7", "x"));
    StringWriter text = new StringWriter();
    PrintWriter out = new PrintWriter(text);

    table.print(out);

    assertThat(text.toString())
        .isEqualTo(
            """
            name     size  note
            a        1000
            😀longer     7  x
            """);
  }

  @Test
  void cells_are_made_safe_to_show() {
    Table table = new Table("name");
    table.row(List.of("\u001b[2J\nfake"));
    StringWriter text = new StringWriter();
    PrintWriter out = new PrintWriter(text);

    table.print(out);

    assertThat(text.toString()).isEqualTo("name\n\\x1b[2J\\nfake\n");
  }

  @Test
  void a_row_of_another_length_is_refused() {
    assertThatThrownBy(() -> new Table("a", "b").row(List.of("1")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("1 cells for 2 columns");
  }
}
