package io.github.checkpoint4j.format;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class JsonPrinterTest {

  static List<Path> documents() {
    return Golden.topic("json").files("documents", ".json");
  }

  @ParameterizedTest
  @MethodSource("documents")
  void a_document_of_python_is_written_as_python_writes_it(Path document) throws IOException {
    Json read = Json.parsePython(Golden.bytes(document), document.toString());
    assertThat(read.toIndentedText()).isEqualTo(Files.readString(document));
    assertThat(parse(read.toText())).isEqualTo(read);
  }

  @Test
  void a_float_is_written_as_python_writes_it() throws IOException {
    Json.Arr rows = (Json.Arr) Json.parse(Golden.topic("json").bytes("floats.json"), "floats.json");
    assertThat(rows.items()).hasSizeGreaterThan(5000);
    for (Json row : rows.items()) {
      List<Json> pair = ((Json.Arr) row).items();
      String bits = ((Json.Str) pair.get(0)).value();
      String repr = ((Json.Str) pair.get(1)).value();
      double value = Double.longBitsToDouble(HexFormat.fromHexDigitsToLong(bits));
      assertThat(Json.of(value).toText()).as(bits).isEqualTo(repr);
    }
  }

  @Test
  void compact_text_has_no_blanks_and_is_ascii() {
    Json json =
        Json.object().put("a", Json.array(List.of(Json.of(1), Json.of("é")))).put("b", 2).build();
    assertThat(json.toText()).isEqualTo("{\"a\":[1,\"\\u00e9\"],\"b\":2}");
  }

  @Property(tries = 300)
  void what_is_written_is_read_back(@ForAll("values") Json value) throws CorruptFileException {
    assertThat(parse(value.toText())).isEqualTo(value);
    assertThat(parse(value.toIndentedText())).isEqualTo(value);
  }

  @Provide
  Arbitrary<Json> values() {
    Arbitrary<String> texts =
        Arbitraries.integers()
            .between(0, Character.MAX_CODE_POINT)
            .filter(c -> c < Character.MIN_SURROGATE || c > Character.MAX_SURROGATE)
            .list()
            .ofMaxSize(8)
            .map(c -> c.stream().map(Character::toString).reduce("", String::concat));
    Arbitrary<Json> leaves =
        Arbitraries.oneOf(
            texts.map(Json::of),
            Arbitraries.longs().map(Json::of),
            Arbitraries.longs().map(Double::longBitsToDouble).map(Json::of),
            Arbitraries.bigIntegers().map(i -> new Json.Num(i.toString())),
            Arbitraries.of(Json.of(true), Json.of(false), Json.Null.NULL));
    return Arbitraries.recursive(
        () -> leaves,
        inner ->
            Arbitraries.oneOf(
                inner.list().ofMaxSize(4).map(Json::array),
                Arbitraries.maps(texts, inner).ofMaxSize(4).map(Json::object)),
        0,
        4);
  }

  private static Json parse(String text) throws CorruptFileException {
    return Json.parsePython(MemorySegment.ofArray(text.getBytes(UTF_8)), "x.json");
  }
}
