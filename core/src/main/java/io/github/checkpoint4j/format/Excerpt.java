package io.github.checkpoint4j.format;

/** Text from a file as it may stand in a message: on one line, printable, not too long. */
public final class Excerpt {
  private static final int MOST = 200;

  private Excerpt() {}

  /** The text, shortened, with its control and format characters and lone surrogates escaped. */
  public static String of(String text) {
    StringBuilder shown = new StringBuilder();
    int end = text.length();
    if (end > MOST) {
      end = text.offsetByCodePoints(0, text.codePointCount(0, MOST));
    }
    text.substring(0, end)
        .codePoints()
        .forEach(
            c -> {
              switch (Character.getType(c)) {
                case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR ->
                    shown.append(String.format("\\u%04x", c));
                default -> shown.appendCodePoint(c);
              }
            });
    return end < text.length() ? shown + "..." : shown.toString();
  }
}
