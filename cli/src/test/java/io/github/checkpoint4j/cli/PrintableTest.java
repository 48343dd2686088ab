package io.github.checkpoint4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PrintableTest {
  @Test
  void letters_of_any_script_stay() {
    assertThat(Printable.of("bert.encoder.层.0 é 😀 \\n")).isEqualTo("bert.encoder.层.0 é 😀 \\n");
  }

  @Test
  void a_line_break_cannot_start_a_new_line() {
    assertThat(Printable.of("a\nckpt: fine\r\t")).isEqualTo("a\\nckpt: fine\\r\\t");
  }

  @ParameterizedTest
  @CsvSource({
    "27, \\x1b",
    "0, \\x00",
    "127, \\x7f",
    "155, \\x9b",
    "8238, \\u202e",
    "8232, \\u2028",
    "8203, \\u200b",
    "65279, \\ufeff",
    "55357, \\ud83d",
    "917569, \\U000e0041"
  })
  void what_could_act_on_a_terminal_is_shown(int codePoint, String shown) {
    String text = "x" + Character.toString(codePoint) + "y";

    assertThat(Printable.of(text)).isEqualTo("x" + shown + "y");
  }

  @Property
  void nothing_that_could_act_is_left(@ForAll String text) {
    assertThat(Printable.of(text).codePoints())
        .allMatch(
            c ->
                switch (Character.getType(c)) {
                  case Character.CONTROL,
                      Character.FORMAT,
                      Character.SURROGATE,
                      Character.LINE_SEPARATOR,
                      Character.PARAGRAPH_SEPARATOR ->
                      false;
                  default -> true;
                });
  }
}
