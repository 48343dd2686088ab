package io.github.checkpoint4j.keras.callbacks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.checkpoint4j.format.Json;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FilePathTemplateTest {
  private static final Map<String, Number> VALUES = new LinkedHashMap<>();

  static {
    VALUES.put("epoch", 7L);
    VALUES.put("loss", 0.25);
  }

  private static String format(String template) {
    return FilePathTemplate.parse(template).format(VALUES);
  }

  @Test
  void paths_are_those_of_pythons_format() throws IOException {
    List<String> wrong = new ArrayList<>();
    int same = 0;
    for (Json.Obj given : Golden.cases("template.json")) {
      Json.Obj args = given.object("args");
      String template = args.text("template");
      Json expected = given.object("expected").get("path");
      String found = formatted(template, args.object("values"));
      boolean refusedByBoth = found.isEmpty() && expected == Json.Null.NULL;
      if (refusedByBoth || expected.equals(Json.of(found))) {
        same++;
      } else if (!isRefusedHere(template, expected)) {
        wrong.add(given.toText() + " -> " + found);
      }
    }
    assertThat(wrong).isEmpty();
    assertThat(same).isGreaterThan(1500);
  }

  /** Characters by number, whatever would be no name of a file, and widths beyond those. */
  private static boolean isRefusedHere(String template, Json expected) {
    return template.contains("c}") || template.contains("300") || expected.equals(Json.of(""));
  }

  /** The path, or nothing if it is refused. */
  static String formatted(String template, Json.Obj values) {
    Map<String, Number> numbers = new LinkedHashMap<>();
    values
        .members()
        .forEach(
            (name, value) -> {
              Json.Num number = (Json.Num) value;
              boolean whole = number.isWhole();
              numbers.put(name, whole ? (Number) number.asLong() : (Number) number.asDouble());
            });
    try {
      return FilePathTemplate.parse(template).format(numbers);
    } catch (IllegalArgumentException e) {
      return "";
    }
  }

  @Test
  void a_name_without_a_value_is_an_error_that_lists_those_there_are() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> format("{epoch}-{val_loss:.2f}.pt"))
        .withMessage(
            "filepath '{epoch}-{val_loss:.2f}.pt' has a field 'val_loss', and there is no such"
                + " value; there are: epoch, loss");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "a}b|character 2: a single '}'; double it if it is part of the name",
        "a{epoch|character 2: a '{' without its '}'; double it if it is part of the name",
        "{epoch:{width}}|character 1: a field within a field, which is not supported; write the"
            + " number",
        "x{}|character 2: a field without a name; name what it shows, for instance {epoch}",
        "{0}|character 1: a field without a name; name what it shows, for instance {epoch}",
        "{epoch.real}|character 1: a field of an attribute or index, 'epoch.real'; name a value"
            + " alone",
        "{loss[0]}|character 1: a field of an attribute or index, 'loss[0]'; name a value alone",
        "{epoch!x}|character 1: '!x' is none of !s, !r and !a",
        "{epoch:5.}|character 1: the field 'epoch' is wrong: a number is missing after the '.'",
        "{epoch:2dd}|character 1: the field 'epoch' is wrong: 'dd' is no type",
        "{epoch:,_}|character 1: the field 'epoch' is wrong: one of ',' and '_' groups digits",
        "{epoch:999999999999}|character 1: the field 'epoch' is wrong: a name of over 255"
            + " characters is none of a file",
      })
  void what_is_no_template_is_refused_with_its_place(String template, String message) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> FilePathTemplate.parse(template))
        .withMessage("filepath '" + template + "', " + message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{loss:d}|loss cannot be written by its field: 'd' is no type for a real number",
        "{epoch:s}|epoch cannot be written by its field: 's' is no type for a whole number",
        "{epoch:.2d}|epoch cannot be written by its field: a whole number has no precision",
        "{epoch:zd}|epoch cannot be written by its field: 'z' is for real numbers",
        "{epoch:,x}|epoch cannot be written by its field: ',' does not group digits of type 'x'",
        "{loss:,n}|loss cannot be written by its field: ',' does not group digits of type 'n'",
        "{loss!s:+}|loss cannot be written by its field: a text has fill, alignment, width and"
            + " precision alone",
        "{loss!s:=9}|loss cannot be written by its field: '=' aligns numbers",
        "{epoch:/>4}|epoch is written as '///7', which would be a directory; use another fill",
        "{epoch:\\<2}|epoch is written as '7\\', which would be a directory; use another fill",
      })
  void what_a_value_cannot_be_written_as_is_refused(String template, String message) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> format(template))
        .withMessage("filepath '" + template + "': " + message);
  }

  @Test
  void the_directories_of_the_template_are_its_own() {
    assertThat(format("a/b{epoch}/{loss}.pt")).isEqualTo("a/b7/0.25.pt");
  }
}
