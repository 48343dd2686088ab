package io.github.checkpoint4j.format;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JsonReaderTest {
  private static final String CURE = "; the file was damaged or edited, restore it from a copy";

  @Test
  void every_kind_of_value_is_read() throws CorruptFileException {
    assertThat(parse(" {\"a\" : [ 1 , -2.5e3, true, false, null, \"x\" ] ,\r\n\t\"b\":{} } "))
        .isEqualTo(
            Json.object()
                .put(
                    "a",
                    Json.array(
                        List.of(
                            Json.of(1),
                            Json.of(-2500.0),
                            Json.of(true),
                            Json.of(false),
                            Json.Null.NULL,
                            Json.of("x"))))
                .put("b", Json.object().build())
                .build());
  }

  @Test
  void escapes_are_read() throws CorruptFileException {
    assertThat(parse("\"x\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uD83D\\ude00y\\u0000\""))
        .isEqualTo(Json.of("x\"\\/\b\f\n\r\t\u00e9\uD83D\uDE00y\0"));
  }

  @Test
  void utf_8_is_read_before_and_after_an_escape() throws CorruptFileException {
    assertThat(parse("\"你\\n好\uD83D\uDE00\"")).isEqualTo(Json.of("你\n好\uD83D\uDE00"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          ``                                         | an empty file; it was cut off before anything was written: restore it from a copy
          <!DOCTYPE html><html>                      | an HTML page; most likely an error or login page saved in place of a download: download the file again
          version https://git-lfs.github.com/spec/v1 | a git-LFS pointer; it stands for the file, which was not fetched: run 'git lfs pull' in its repository
          """)
  void what_lies_in_place_of_a_json_text_is_told(String text, String what) {
    assertThatThrownBy(() -> parse(text))
        .isInstanceOf(CorruptFileException.class)
        .hasMessage("x.json: not a JSON text: it is " + what);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          ` `          | 1 | 2 | 1 | expected a value and the text ends
          {            | 1 | 2 | 1 | expected the name of a member, in double quotes and the text ends
          {a:1}        | 1 | 2 | 1 | expected the name of a member, in double quotes and found 'a'
          {"a" 1}      | 1 | 6 | 5 | expected ':' and found '1'
          {"a":}       | 1 | 6 | 5 | expected a value and found '}'
          {"a":1       | 1 | 7 | 6 | expected ',' or '}' and the text ends
          {"a":1 "b"   | 1 | 8 | 7 | expected ',' or '}' and found '"'
          {"a":1,}     | 1 | 8 | 7 | expected the name of a member, in double quotes and found '}'
          {"a":1]      | 1 | 7 | 6 | expected ',' or '}' and found ']'
          [1,]         | 1 | 4 | 3 | expected a value and found ']'
          [,1]         | 1 | 2 | 1 | expected a value and found ','
          [1 2]        | 1 | 4 | 3 | expected ',' or ']' and found '2'
          {"a":1,"a":2}| 1 | 8 | 7 | a second member 'a' in an object
          {"a":1,"\\u0061":2}| 1 | 8 | 7 | a second member 'a' in an object
          [{"a":{"b":1,"b":1}}]| 1 | 14 | 13 | a second member 'b' in an object
          1 2          | 1 | 3 | 2 | expected the end of the text and found '2'
          01           | 1 | 1 | 0 | not a number: 01
          1.           | 1 | 1 | 0 | not a number: 1.
          -            | 1 | 1 | 0 | not a number: -
          +1           | 1 | 1 | 0 | expected a value and found '+'
          1e400        | 1 | 1 | 0 | a number beyond the range of a double
          tru          | 1 | 1 | 0 | expected a value and found 't'
          nullx        | 1 | 5 | 4 | expected the end of the text and found 'x'
          'a'          | 1 | 1 | 0 | expected a value and found '''
          NaN          | 1 | 1 | 0 | expected a value; JSON has no NaN and no Infinity
          [Infinity]   | 1 | 2 | 1 | expected a value; JSON has no NaN and no Infinity
          "a           | 1 | 3 | 2 | the text ends inside a string
          "\\n         | 1 | 4 | 3 | the text ends inside a string
          "\\x"        | 1 | 2 | 1 | unknown escape
          "\\          | 1 | 2 | 1 | unknown escape
          "\\u12g4"    | 1 | 2 | 1 | an escape without four hexadecimal digits
          "\\u12       | 1 | 2 | 1 | an escape without four hexadecimal digits
          "\\ud800"    | 1 | 2 | 1 | an escape of half a surrogate pair
          "\\ud800\\u0041"| 1 | 2 | 1 | an escape of half a surrogate pair
          "x\\udc00"   | 1 | 3 | 2 | an escape of half a surrogate pair
          /* c */ 1    | 1 | 1 | 0 | expected a value and found '/'
          """)
  void what_is_not_json_is_refused_with_its_place(
      String text, int line, int column, int at, String problem) {
    assertThatThrownBy(() -> parse(text))
        .isInstanceOf(CorruptFileException.class)
        .hasMessage(
            "x.json: not valid JSON at line %d, column %d (byte %d): %s%s",
            line, column, at, problem, CURE);
  }

  @Test
  void the_line_is_counted() {
    assertThatThrownBy(() -> parse("{\n \"a\": 1,\n \"b\": x\n}"))
        .hasMessageStartingWith(
            "x.json: not valid JSON at line 3, column 7 (byte 17): expected a value and found 'x'");
  }

  @Test
  void a_control_character_in_a_string_is_refused() {
    assertThatThrownBy(() -> parse("\"a\nb\""))
        .hasMessageContaining("(byte 2): control character byte 0x0a in a string; it must be");
    assertThatThrownBy(() -> parse("\"\\n\u0000\""))
        .hasMessageContaining("(byte 3): control character byte 0x00 in a string; it must be");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\u00ff",
        "\u00c3",
        "\u00c0\u0080",
        "\u00ed\u00a0\u0080",
        "\u00f4\u0090\u0080\u0080"
      })
  void bytes_that_are_not_utf_8_are_refused(String bytes) {
    assertThatThrownBy(() -> parse(("[\"ab" + bytes + "\"]").getBytes(ISO_8859_1)))
        .isInstanceOf(CorruptFileException.class)
        .hasMessageContaining("(byte 4): bytes that are not UTF-8");
    assertThatThrownBy(() -> parse(("[\"\\n" + bytes + "\"]").getBytes(ISO_8859_1)))
        .isInstanceOf(CorruptFileException.class)
        .hasMessageContaining("(byte 4): bytes that are not UTF-8");
  }

  @Test
  void a_byte_order_mark_is_refused() {
    assertThatThrownBy(() -> parse("\ufeff{}"))
        .hasMessageContaining("expected a value and found a byte order mark or binary data");
  }

  @Test
  void nesting_is_bounded() throws CorruptFileException {
    assertThat(parse("[".repeat(128) + "]".repeat(128))).isInstanceOf(Json.Arr.class);
    assertThatThrownBy(() -> parse("[".repeat(129) + "]".repeat(129)))
        .hasMessageContaining("(byte 128): nested deeper than 128");
    assertThatThrownBy(() -> parse("{\"a\":".repeat(1_000_000)))
        .hasMessageContaining("(byte 640): nested deeper than 128");
  }

  @Test
  void siblings_do_not_count_as_nesting() throws CorruptFileException {
    assertThat(((Json.Arr) parse("[" + "[],{},[{}],".repeat(500) + "1]")).items()).hasSize(1501);
  }

  @Test
  void python_s_numbers_are_read_when_asked_for() throws CorruptFileException {
    assertThat(python("[NaN, Infinity, -Infinity, 1e400, -1]"))
        .isEqualTo(
            Json.array(
                List.of(
                    Json.of(Double.NaN),
                    Json.of(Double.POSITIVE_INFINITY),
                    Json.of(Double.NEGATIVE_INFINITY),
                    Json.of(Double.POSITIVE_INFINITY),
                    Json.of(-1))));
    assertThatThrownBy(() -> parse("-Infinity")).hasMessageContaining("(byte 0): not a number: -");
    assertThatThrownBy(() -> python("[NaM]"))
        .hasMessageContaining("expected a value and found 'N'");
  }

  private static Json parse(String text) throws CorruptFileException {
    return parse(text.getBytes(UTF_8));
  }

  private static Json parse(byte[] text) throws CorruptFileException {
    return Json.parse(MemorySegment.ofArray(text), "x.json");
  }

  private static Json python(String text) throws CorruptFileException {
    return Json.parsePython(MemorySegment.ofArray(text.getBytes(UTF_8)), "x.json");
  }
}
