package io.github.checkpoint4j.cli;

/**
 * Text from a file or a command line, made safe to show: whatever could move the cursor, colour the
 * terminal, start a new line or turn the reading direction is written as an escape.
 */
final class Printable {
  private Printable() {}

  /**
   * {@code text} on one line, with control characters, terminal escapes, invisible and
   * direction-changing characters and lone surrogates as {@code \n}, {@code \x1b} or {@code
   * \u202e}. A backslash stays as it is.
   */
  static String of(String text) {
    StringBuilder shown = null;
    for (int i = 0; i < text.length(); ) {
      int c = text.codePointAt(i);
      int length = Character.charCount(c);
      if (isHarmless(c)) {
        if (shown != null) {
          shown.appendCodePoint(c);
        }
      } else {
        if (shown == null) {
          shown = new StringBuilder(text.length() + 16).append(text, 0, i);
        }
        shown.append(escape(c));
      }
      i += length;
    }
    return shown == null ? text : shown.toString();
  }

  private static boolean isHarmless(int c) {
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          false;
      default -> true;
    };
  }

  private static String escape(int c) {
    return switch (c) {
      case '\n' -> "\\n";
      case '\r' -> "\\r";
      case '\t' -> "\\t";
      default ->
          c < 0x100
              ? String.format("\\x%02x", c)
              : c < 0x10000 ? String.format("\\u%04x", c) : String.format("\\U%08x", c);
    };
  }
}
