package io.github.checkpoint4j.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NamePatternTest {
  @ParameterizedTest
  @CsvSource({
    "bert.*, bert.pooler.dense.bias, true",
    "bert.*, roberta.pooler.dense.bias, false",
    "bert, bert.pooler, false",
    "*.?.bias, layer.3.bias, true",
    "'regex:.*\\.layer\\.[0-3]\\..*', bert.encoder.layer.3.output, true",
    "'regex:.*\\.layer\\.[0-3]\\..*', bert.encoder.layer.4.output, false",
    "regex:bias, layer.bias, false",
  })
  void it_matches_whole_names(String pattern, String name, boolean matches) {
    assertThat(NamePattern.parse(pattern).matches(name)).isEqualTo(matches);
  }

  @Test
  void its_text_makes_it_again() {
    assertThat(NamePattern.glob("a.*")).hasToString("a.*");
    assertThat(NamePattern.regex("a|b")).hasToString("regex:a|b");
  }

  @Test
  void what_is_no_regular_expression_is_refused_with_the_place() {
    assertThatThrownBy(() -> NamePattern.parse("regex:layer.(0|1"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("'layer.(0|1' is not a regular expression: Unclosed group at character 10");
  }
}
