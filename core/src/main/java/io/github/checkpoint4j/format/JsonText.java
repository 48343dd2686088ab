package io.github.checkpoint4j.format;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** The bytes of a JSON text, and where they come from. */
final class JsonText {
  final byte[] bytes;
  private final String source;
  private final long base;

  /**
   * @param source the file's name, for messages
   * @param base where the text begins in the file
   */
  JsonText(byte[] bytes, String source, long base) {
    this.bytes = bytes;
    this.source = source;
    this.base = base;
  }

  /** The file's name, for messages. */
  String name() {
    return source;
  }

  String ascii(int start, int end) {
    return new String(bytes, start, end - start, StandardCharsets.ISO_8859_1);
  }

  String decoded(int start, int end) throws CorruptFileException {
    ByteBuffer utf8 = ByteBuffer.wrap(bytes, start, end - start);
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(utf8).toString();
    } catch (CharacterCodingException e) {
      throw problem(utf8.position(), "bytes that are not UTF-8");
    }
  }

  static String shown(byte c) {
    return c >= ' ' && c <= '~' ? "'" + (char) c + "'" : String.format("byte 0x%02x", c);
  }

  /** An error at a byte of the text. */
  CorruptFileException problem(int where, String what) {
    int line = 1;
    int column = 1;
    for (int i = 0; i < where; i++) {
      column = bytes[i] == '\n' ? 1 : column + 1;
      line += bytes[i] == '\n' ? 1 : 0;
    }
    return new CorruptFileException(
        source
            + ": not valid JSON at line "
            + line
            + ", column "
            + column
            + " (byte "
            + (base + where)
            + "): "
            + what
            + "; the file was damaged or edited, restore it from a copy");
  }
}
