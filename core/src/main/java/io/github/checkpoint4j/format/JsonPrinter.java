package io.github.checkpoint4j.format;

import io.github.checkpoint4j.format.Json.Arr;
import io.github.checkpoint4j.format.Json.Bool;
import io.github.checkpoint4j.format.Json.Null;
import io.github.checkpoint4j.format.Json.Num;
import io.github.checkpoint4j.format.Json.Obj;
import io.github.checkpoint4j.format.Json.Str;
import java.util.HexFormat;
import java.util.Map;

/** Writes JSON as Python's {@code json.dumps} does. */
final class JsonPrinter {
  private static final HexFormat HEX = HexFormat.of();

  private final StringBuilder text = new StringBuilder();
  private final boolean indented;

  private JsonPrinter(boolean indented) {
    this.indented = indented;
  }

  /** {@code json.dumps(json, separators=(",", ":"))}. */
  static String compact(Json json) {
    JsonPrinter printer = new JsonPrinter(false);
    printer.print(json, 0);
    return printer.text.toString();
  }

  /** {@code json.dumps(json, indent=2)}. */
  static String indented(Json json) {
    JsonPrinter printer = new JsonPrinter(true);
    printer.print(json, 0);
    return printer.text.toString();
  }

  private void print(Json json, int depth) {
    switch (json) {
      case Obj object -> object(object, depth);
      case Arr array -> array(array, depth);
      case Str string -> quote(string.value(), true, text);
      case Num number -> text.append(number.literal());
      case Bool bool -> text.append(bool.value());
      case Null none -> text.append("null");
    }
  }

  private void object(Obj object, int depth) {
    if (object.members().isEmpty()) {
      text.append("{}");
      return;
    }
    char before = '{';
    for (Map.Entry<String, Json> member : object.members().entrySet()) {
      text.append(before);
      before = ',';
      newLine(depth + 1);
      quote(member.getKey(), true, text);
      text.append(indented ? ": " : ":");
      print(member.getValue(), depth + 1);
    }
    newLine(depth);
    text.append('}');
  }

  private void array(Arr array, int depth) {
    if (array.items().isEmpty()) {
      text.append("[]");
      return;
    }
    char before = '[';
    for (Json item : array.items()) {
      text.append(before);
      before = ',';
      newLine(depth + 1);
      print(item, depth + 1);
    }
    newLine(depth);
    text.append(']');
  }

  private void newLine(int depth) {
    if (indented) {
      text.append('\n').repeat("  ", depth);
    }
  }

  /**
   * Appends {@code value} as a JSON string. With {@code ascii}, as Python does, everything but the
   * printable ASCII characters is escaped; without, as Rust's serde_json does, only what must be.
   */
  static void quote(String value, boolean ascii, StringBuilder to) {
    to.append('"');
    int plain = 0;
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c >= ' ' && c != '"' && c != '\\' && (c <= '~' || !ascii)) {
        continue;
      }
      to.append(value, plain, i);
      plain = i + 1;
      switch (c) {
        case '"' -> to.append("\\\"");
        case '\\' -> to.append("\\\\");
        case '\b' -> to.append("\\b");
        case '\f' -> to.append("\\f");
        case '\n' -> to.append("\\n");
        case '\r' -> to.append("\\r");
        case '\t' -> to.append("\\t");
        default -> to.append("\\u").append(HEX.toHexDigits(c));
      }
    }
    to.append(value, plain, value.length()).append('"');
  }
}
