package io.github.checkpoint4j.format;

/** Reads the strings of a JSON text, with their escapes. */
final class JsonString {
  private final JsonText source;
  private final byte[] text;
  private int at;

  JsonString(JsonText source) {
    this.source = source;
    this.text = source.bytes;
  }

  /** Where the byte after the last string is. */
  int end() {
    return at;
  }

  /** The string whose opening quotation mark is at {@code quote}. */
  String read(int quote) throws CorruptFileException {
    int start = quote + 1;
    at = start;
    boolean ascii = true;
    for (; at < text.length; at++) {
      byte c = text[at];
      if (c == '"') {
        String plain = ascii ? source.ascii(start, at) : source.decoded(start, at);
        at++;
        return plain;
      }
      if (c == '\\') {
        return escaped(ascii ? source.ascii(start, at) : source.decoded(start, at));
      }
      if (c >= 0 && c < ' ') {
        throw source.problem(
            at, "control character " + JsonText.shown(c) + " in a string; it must be escaped");
      }
      ascii &= c >= 0;
    }
    throw source.problem(text.length, "the text ends inside a string");
  }

  /** The rest of a string that has an escape, which is next. */
  private String escaped(String before) throws CorruptFileException {
    StringBuilder string = new StringBuilder(before);
    int start = at;
    while (at < text.length) {
      byte c = text[at];
      if (c == '"') {
        string.append(source.decoded(start, at));
        at++;
        return string.toString();
      }
      if (c == '\\') {
        string.append(source.decoded(start, at));
        escape(string);
        start = at;
      } else if (c >= 0 && c < ' ') {
        throw source.problem(
            at, "control character " + JsonText.shown(c) + " in a string; it must be escaped");
      } else {
        at++;
      }
    }
    throw source.problem(text.length, "the text ends inside a string");
  }

  private void escape(StringBuilder string) throws CorruptFileException {
    int start = at;
    int letter = at + 1 < text.length ? text[at + 1] : -1;
    at += 2;
    switch (letter) {
      case '"', '\\', '/' -> string.append((char) letter);
      case 'b' -> string.append('\b');
      case 'f' -> string.append('\f');
      case 'n' -> string.append('\n');
      case 'r' -> string.append('\r');
      case 't' -> string.append('\t');
      case 'u' -> {
        char unit = unit(start);
        string.append(unit);
        if (Character.isHighSurrogate(unit)) {
          char low =
              at + 1 < text.length && text[at] == '\\' && text[at + 1] == 'u' ? lowUnit() : 0;
          if (!Character.isLowSurrogate(low)) {
            throw source.problem(start, "an escape of half a surrogate pair");
          }
          string.append(low);
        } else if (Character.isLowSurrogate(unit)) {
          throw source.problem(start, "an escape of half a surrogate pair");
        }
      }
      default -> throw source.problem(start, "unknown escape");
    }
  }

  private char lowUnit() throws CorruptFileException {
    at += 2;
    return unit(at - 2);
  }

  /** The four hexadecimal digits of an escape. */
  private char unit(int start) throws CorruptFileException {
    int unit = 0;
    for (int end = at + 4; at < end; at++) {
      int digit = at < text.length ? Character.digit(text[at], 16) : -1;
      if (digit < 0) {
        throw source.problem(start, "an escape without four hexadecimal digits");
      }
      unit = unit << 4 | digit;
    }
    return (char) unit;
  }
}
