package io.github.checkpoint4j.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ExcerptTest {

  @Test
  void plain_text_stays_as_it_is() {
    assertThat(Excerpt.of("bert.encoder.layer.0 \u4f60\u597d \ud83d\ude00"))
        .isEqualTo("bert.encoder.layer.0 \u4f60\u597d \ud83d\ude00");
  }

  @Test
  void what_would_move_the_cursor_or_hide_text_is_escaped() {
    assertThat(Excerpt.of("a\n\r\u001b[2J\u009b\u202e\u2028\ud800b"))
        .isEqualTo("a\\u000a\\u000d\\u001b[2J\\u009b\\u202e\\u2028\\ud800b");
  }

  @Test
  void long_text_is_shortened_between_characters() {
    assertThat(Excerpt.of("x".repeat(200))).hasSize(200);
    assertThat(Excerpt.of("x".repeat(201))).isEqualTo("x".repeat(200) + "...");
    assertThat(Excerpt.of("x".repeat(199) + "\ud83d\ude00y"))
        .isEqualTo("x".repeat(199) + "\ud83d\ude00...");
  }

  @Test
  void the_name_of_a_tensor_cannot_forge_a_message() {
    byte[] header = "{\"a\\n\\u001b[1mok\":{}}".getBytes(StandardCharsets.UTF_8);
    byte[] file = new byte[8 + header.length];
    file[0] = (byte) header.length;
    System.arraycopy(header, 0, file, 8, header.length);
    assertThatThrownBy(() -> SafeTensors.parse(MemorySegment.ofArray(file), "x"))
        .hasMessageContaining("tensor 'a\\u000a\\u001b[1mok' has no 'dtype'");
  }
}
