package io.github.checkpoint4j.format;

import io.github.checkpoint4j.format.Json.Arr;
import io.github.checkpoint4j.format.Json.Bool;
import io.github.checkpoint4j.format.Json.Null;
import io.github.checkpoint4j.format.Json.Num;
import io.github.checkpoint4j.format.Json.Obj;
import io.github.checkpoint4j.format.Json.Str;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads a JSON text from its start to its end, strictly: value by value, or as a whole.
 *
 * <p>An object is read by
 *
 * <pre>{@code
 * for (boolean more = reader.open('{', '}'); more; more = reader.next('}')) {
 *   String name = reader.name();
 *   Json value = reader.value();
 * }
 * }</pre>
 */
final class JsonReader {
  private static final int LARGEST = Integer.MAX_VALUE - 8;

  private final JsonText source;
  private final byte[] text;
  private final JsonString strings;
  private final boolean python;
  private int at;
  private int depth;

  private JsonReader(JsonText source, boolean python) {
    this.source = source;
    this.text = source.bytes;
    this.strings = new JsonString(source);
    this.python = python;
  }

  /** A reader of a copy of {@code utf8}. */
  static JsonReader over(MemorySegment utf8, String source, boolean python)
      throws CorruptFileException {
    return over(utf8, source, 0, python);
  }

  /** A reader of a copy of {@code utf8}, which begins at byte {@code base} of its file. */
  static JsonReader over(MemorySegment utf8, String source, long base, boolean python)
      throws CorruptFileException {
    if (utf8.byteSize() > LARGEST) {
      throw new CorruptFileException(
          source + ": " + utf8.byteSize() + " bytes are too long for a JSON text; is it one?");
    }
    return new JsonReader(new JsonText(utf8.toArray(ValueLayout.JAVA_BYTE), source, base), python);
  }

  /** The one value of the whole text. */
  Json document() throws CorruptFileException {
    try {
      Json value = value();
      end();
      return value;
    } catch (CorruptFileException e) {
      MemorySegment whole = MemorySegment.ofArray(text);
      if (Format.detect(whole).filter(format -> format != Format.JSON).isPresent()) {
        throw Format.mistaken(whole, source.name(), Format.JSON);
      }
      throw e;
    }
  }

  /** Requires that nothing but white space is left. */
  void end() throws CorruptFileException {
    skipSpace();
    if (at < text.length) {
      throw expected("the end of the text");
    }
  }

  /** The next value. */
  Json value() throws CorruptFileException {
    skipSpace();
    int c = at < text.length ? text[at] : -1;
    return switch (c) {
      case '{' -> object();
      case '[' -> array();
      case '"' -> new Str(string());
      case 't' -> word("true", new Bool(true));
      case 'f' -> word("false", new Bool(false));
      case 'n' -> word("null", Null.NULL);
      case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9' -> number();
      case 'N' -> python ? word("NaN", new Num("NaN")) : notFinite();
      case 'I' -> python ? word("Infinity", new Num("Infinity")) : notFinite();
      default -> throw expected("a value");
    };
  }

  private Json object() throws CorruptFileException {
    Map<String, Json> members = new LinkedHashMap<>();
    for (boolean more = open('{', '}'); more; more = next('}')) {
      int start = at;
      String name = name();
      if (members.putIfAbsent(name, value()) != null) {
        throw duplicate(name, start);
      }
    }
    return new Obj(members);
  }

  private Json array() throws CorruptFileException {
    List<Json> items = new ArrayList<>();
    for (boolean more = open('[', ']'); more; more = next(']')) {
      items.add(value());
    }
    return new Arr(items);
  }

  /** Reads the opening bracket; whether there is a first member or item. */
  boolean open(char bracket, char closing) throws CorruptFileException {
    skipSpace();
    if (at == text.length || text[at] != bracket) {
      throw expected("'" + bracket + "'");
    }
    if (depth == Json.MAX_DEPTH) {
      throw problem(at, "nested deeper than " + Json.MAX_DEPTH);
    }
    at++;
    depth++;
    skipSpace();
    if (at < text.length && text[at] == closing) {
      at++;
      depth--;
      return false;
    }
    return true;
  }

  /** Reads the comma or the closing bracket; whether there is one more member or item. */
  boolean next(char closing) throws CorruptFileException {
    skipSpace();
    if (at < text.length && text[at] == ',') {
      at++;
      skipSpace();
      return true;
    }
    if (at < text.length && text[at] == closing) {
      at++;
      depth--;
      return false;
    }
    throw expected("',' or '" + closing + "'");
  }

  /** Reads the name of a member and its colon. */
  String name() throws CorruptFileException {
    skipSpace();
    if (at == text.length || text[at] != '"') {
      throw expected("the name of a member, in double quotes");
    }
    String name = string();
    skipSpace();
    if (at == text.length || text[at] != ':') {
      throw expected("':'");
    }
    at++;
    return name;
  }

  /** Where the next token begins: the number of bytes before it. */
  int position() {
    skipSpace();
    return at;
  }

  /** Reads a string. */
  String text() throws CorruptFileException {
    skipSpace();
    if (at == text.length || text[at] != '"') {
      throw expected("a string");
    }
    return string();
  }

  /** Reads a whole number of at least 0, written without sign, point and exponent. */
  long size() throws CorruptFileException {
    skipSpace();
    int start = at;
    long number = 0;
    for (; at < text.length && text[at] >= '0' && text[at] <= '9'; at++) {
      int digit = text[at] - '0';
      if (number > (Long.MAX_VALUE - digit) / 10) {
        throw problem(start, "a number over " + Long.MAX_VALUE);
      }
      number = number * 10 + digit;
    }
    if (at == start || (at < text.length && partOfNumber(text[at]))) {
      throw at == start
          ? expected("a whole number that is not negative")
          : problem(start, "expected a whole number, without point and exponent");
    }
    if (text[start] == '0' && at > start + 1) {
      throw problem(start, "a number with a leading zero");
    }
    return number;
  }

  /** Whether null is next; then it is read. */
  boolean skipNull() throws CorruptFileException {
    skipSpace();
    if (at < text.length && text[at] == 'n') {
      word("null", Null.NULL);
      return true;
    }
    return false;
  }

  private String string() throws CorruptFileException {
    String string = strings.read(at);
    at = strings.end();
    return string;
  }

  private Json number() throws CorruptFileException {
    int start = at;
    if (python && text[at] == '-' && at + 1 < text.length && text[at + 1] == 'I') {
      return word("-Infinity", new Num("-Infinity"));
    }
    while (at < text.length && partOfNumber(text[at])) {
      at++;
    }
    String literal = source.ascii(start, at);
    Num number;
    try {
      number = new Num(literal);
    } catch (IllegalArgumentException e) {
      throw problem(start, String.valueOf(e.getMessage()));
    }
    if (!python && !number.isWhole() && Double.isInfinite(number.asDouble())) {
      throw problem(start, "a number beyond the range of a double");
    }
    return number;
  }

  private static boolean partOfNumber(byte c) {
    return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
  }

  private Json word(String word, Json value) throws CorruptFileException {
    for (int i = 0; i < word.length(); i++) {
      if (at + i >= text.length || text[at + i] != word.charAt(i)) {
        throw expected("a value");
      }
    }
    at += word.length();
    return value;
  }

  private Json notFinite() throws CorruptFileException {
    throw problem(at, "expected a value; JSON has no NaN and no Infinity");
  }

  private void skipSpace() {
    while (at < text.length
        && (text[at] == ' ' || text[at] == '\n' || text[at] == '\r' || text[at] == '\t')) {
      at++;
    }
  }

  /** An error at a member whose name came before in its object. */
  CorruptFileException duplicate(String name, int where) {
    return problem(where, "a second member '" + Excerpt.of(name) + "' in an object");
  }

  private CorruptFileException expected(String what) {
    if (at >= text.length) {
      return problem(text.length, "expected " + what + " and the text ends");
    }
    if (at == 0 && text[0] == (byte) 0xEF) {
      return problem(0, "expected " + what + " and found a byte order mark or binary data");
    }
    return problem(at, "expected " + what + " and found " + JsonText.shown(text[at]));
  }

  /** An error at a byte of the text. */
  CorruptFileException problem(int where, String what) {
    return source.problem(where, what);
  }
}
