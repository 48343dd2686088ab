package io.github.checkpoint4j.keras.callbacks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class TemplatePropertyTest {
  @Provide
  Arbitrary<String> nearTemplates() {
    return Arbitraries.strings().withChars("{}:!.,_0123456789+- #z<>=^dfegx%sr/\\aé\0epoch");
  }

  @Provide
  Arbitrary<String> specs() {
    return Arbitraries.strings()
        .withChars("0123456789.,_+- #z<>=^dfegxXob%nEFG/\\:*")
        .ofMaxLength(9);
  }

  @Property(tries = 20000)
  void any_text_is_a_template_or_refused_in_words(@ForAll("nearTemplates") String text) {
    try {
      FilePathTemplate.parse(text).format(Map.of("epoch", 3L));
    } catch (IllegalArgumentException e) {
      assertThat(e).hasMessageContaining("filepath '" + text + "'");
    }
  }

  @Property(tries = 20000)
  void no_value_makes_a_directory(
      @ForAll("specs") String spec, @ForAll double real, @ForAll long whole) {
    for (Number value : new Number[] {real, whole}) {
      try {
        String path = FilePathTemplate.parse("{x:" + spec + "}").format(Map.of("x", value));
        assertThat(path).doesNotContain("/", "\\", ":").hasSizeLessThan(1000);
      } catch (IllegalArgumentException e) {
        assertThat(e).hasMessageStartingWith("filepath '{x:" + spec + "}'");
      }
    }
  }

  @Property
  void what_has_no_brace_stays_as_it_is(@ForAll String text) {
    String doubled = text.replace("{", "{{").replace("}", "}}");
    assertThat(FilePathTemplate.parse(doubled).format(Map.of())).isEqualTo(text);
  }

  @Property
  void a_float_without_a_type_is_read_back_as_the_same(@ForAll double value) {
    String text = FilePathTemplate.parse("{x}").format(Map.of("x", value));
    assertThat(Double.parseDouble(text)).isEqualTo(value);
  }
}
