package io.github.checkpoint4j.format;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * Reads the fields of one protobuf message in the wire format, one after another. Every field must
 * be read or skipped before the next.
 *
 * @see <a href="https://protobuf.dev/programming-guides/encoding/">the wire format</a>
 */
final class ProtobufReader {
  static final int VARINT = 0;
  static final int FIXED64 = 1;
  static final int BYTES = 2;
  static final int FIXED32 = 5;

  private final MemorySegment message;
  private final long base;
  private final String source;
  private final String kind;
  private long at;
  private long start;
  private int field;
  private int wireType;

  /**
   * @param message the message, without a length before it
   * @param base where the message begins in its file, for messages
   */
  ProtobufReader(MemorySegment message, long base, String source) {
    this(message, base, source, "protobuf");
  }

  /**
   * A reader of varints and bytes that are in no fields.
   *
   * @param kind what they make up, for messages
   */
  ProtobufReader(MemorySegment message, long base, String source, String kind) {
    this.message = message;
    this.base = base;
    this.source = source;
    this.kind = kind;
  }

  /** Goes to the next field; whether there is one. */
  boolean next() throws CorruptFileException {
    if (!more()) {
      return false;
    }
    start = at;
    long tag = rawVarint();
    long number = tag >>> 3;
    if (number == 0 || number > (1 << 29) - 1) {
      throw problem("no field has the number " + Long.toUnsignedString(number));
    }
    field = (int) number;
    wireType = (int) (tag & 7);
    return true;
  }

  /** Whether something is left to read. */
  boolean more() {
    return at < message.byteSize();
  }

  int field() {
    return field;
  }

  int wireType() {
    return wireType;
  }

  /** The varint of this field, as a 64-bit number. */
  long varint() throws CorruptFileException {
    require(VARINT);
    return rawVarint();
  }

  /** The four bytes of this field, little-endian. */
  int fixed32() throws CorruptFileException {
    require(FIXED32);
    return message.get(LittleEndian.INT, advance(4));
  }

  /** The bytes of this field: a string, a message, packed numbers. Not copied. */
  MemorySegment bytes() throws CorruptFileException {
    require(BYTES);
    long length = rawVarint();
    if (length < 0 || length > message.byteSize() - at) {
      throw problem(
          "field "
              + field
              + " says it has "
              + Long.toUnsignedString(length)
              + " bytes, and "
              + (message.byteSize() - at)
              + " are left");
    }
    return message.asSlice(advance(length), length);
  }

  /** The message in this field. */
  ProtobufReader message() throws CorruptFileException {
    MemorySegment inner = bytes();
    return new ProtobufReader(inner, base + at - inner.byteSize(), source);
  }

  /** The string of this field. */
  String text() throws CorruptFileException {
    MemorySegment utf8 = bytes();
    if (utf8.byteSize() > Integer.MAX_VALUE - 8) {
      throw problem("field " + field + " has a string of " + utf8.byteSize() + " bytes");
    }
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(utf8.asByteBuffer()).toString();
    } catch (CharacterCodingException e) {
      throw problem("the string in field " + field + " is not UTF-8");
    }
  }

  /**
   * The bytes of this field whatever its wire type is: of one number, or of packed numbers. Not
   * copied.
   */
  MemorySegment content() throws CorruptFileException {
    if (wireType == BYTES) {
      return bytes();
    }
    long begin = at;
    skip();
    return message.asSlice(begin, at - begin);
  }

  /** The {@link #content} of this field, to be read as varints. */
  ProtobufReader values() throws CorruptFileException {
    if (wireType != BYTES) {
      require(VARINT);
    }
    MemorySegment content = content();
    return new ProtobufReader(content, base + at - content.byteSize(), source);
  }

  /** Another reader of the same message, at its start. */
  ProtobufReader again() {
    return new ProtobufReader(message, base, source);
  }

  /** The size of the message, in bytes. */
  long size() {
    return message.byteSize();
  }

  /** Passes over this field. */
  void skip() throws CorruptFileException {
    switch (wireType) {
      case VARINT -> rawVarint();
      case FIXED64 -> advance(8);
      case BYTES -> bytes();
      case FIXED32 -> advance(4);
      // 3 and 4 are the groups of protobuf 1, 6 and 7 were never used.
      default -> throw problem("field " + field + " has the unknown wire type " + wireType);
    }
  }

  /** The next bytes as a varint: 7 bits a byte, the lowest first, at most 10 bytes. */
  long rawVarint() throws CorruptFileException {
    long value = 0;
    for (int shift = 0; shift < 70; shift += 7) {
      byte b = message.get(ValueLayout.JAVA_BYTE, advance(1));
      // The tenth byte has the one bit that is left of 64.
      if (shift == 63 && (b & 0xff) > 1) {
        break;
      }
      value |= (long) (b & 0x7f) << shift;
      if (b >= 0) {
        return value;
      }
    }
    throw problem("a varint of more than 64 bits");
  }

  /** So many of the next bytes. Not copied. */
  MemorySegment raw(long bytes) throws CorruptFileException {
    start = at;
    if (bytes < 0) {
      throw problem("a size of " + Long.toUnsignedString(bytes));
    }
    return message.asSlice(advance(bytes), bytes);
  }

  private long advance(long bytes) throws CorruptFileException {
    if (bytes > message.byteSize() - at) {
      throw problem("cut short, bytes missing: " + (bytes - (message.byteSize() - at)));
    }
    long here = at;
    at += bytes;
    return here;
  }

  private void require(int expected) throws CorruptFileException {
    if (wireType != expected) {
      throw problem("field " + field + " has wire type " + wireType + ", expected " + expected);
    }
  }

  /** An error in the field that is read. */
  CorruptFileException problem(String what) {
    return new CorruptFileException(
        source
            + ": not valid "
            + kind
            + " at byte "
            + (base + start)
            + ": "
            + what
            + "; restore the file from a copy, or download it again");
  }
}
