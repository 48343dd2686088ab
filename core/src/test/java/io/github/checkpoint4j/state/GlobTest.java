package io.github.checkpoint4j.state;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.regex.Pattern;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.Chars;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GlobTest {
  @ParameterizedTest
  @CsvSource({
    "*, '', true",
    "*, a.b/c, true",
    "'', '', true",
    "'', a, false",
    "bert.*.weight, bert.encoder.layer.0.weight, true",
    "bert.*.weight, bert.weight, false",
    "*.bias, x.bias, true",
    "*.bias, x.bias2, false",
    "layer.?.w, layer.7.w, true",
    "layer.?.w, layer.77.w, false",
    "a[0].b, a[0].b, true",
    "a.b, aXb, false",
    "**x, abx, true",
    "*ab, aab, true",
  })
  void stars_and_question_marks(String pattern, String name, boolean matches) {
    assertThat(new Glob(pattern).matches(name)).isEqualTo(matches);
  }

  @Property
  void matches_what_the_same_regular_expression_matches(
      @ForAll @CharRange(from = 'a', to = 'b') @Chars({'*', '?'}) @StringLength(max = 8)
          String pattern,
      @ForAll @CharRange(from = 'a', to = 'b') @StringLength(max = 10) String name) {
    String regex = pattern.replace("?", ".").replace("*", ".*");

    assertThat(new Glob(pattern).matches(name)).isEqualTo(Pattern.matches(regex, name));
  }
}
