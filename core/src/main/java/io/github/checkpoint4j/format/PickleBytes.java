package io.github.checkpoint4j.format;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** The bytes of a pickle, read from front to back, and the place that messages name. */
final class PickleBytes {
  /** Bytes of the largest whole number: more than any state has, few enough to print it. */
  private static final int LARGEST_INTEGER = 1 << 16;

  private static final int LONGEST_LINE = 1000;

  private final MemorySegment bytes;
  private final String source;
  private long at;
  private long opcodeAt;

  /**
   * @param at where the pickle starts
   * @param source the names of the file and the entry, for messages
   */
  PickleBytes(MemorySegment bytes, long at, String source) {
    this.bytes = bytes;
    this.at = at;
    this.source = source;
  }

  /** The next opcode, whose place later messages name. */
  int opcode() throws CorruptFileException {
    opcodeAt = at;
    return u8();
  }

  /** Where the next byte is. */
  long position() {
    return at;
  }

  int u8() throws CorruptFileException {
    return LittleEndian.unsignedByte(bytes, take(1));
  }

  int u16() throws CorruptFileException {
    return LittleEndian.unsignedShort(bytes, take(2));
  }

  int i32() throws CorruptFileException {
    return bytes.get(LittleEndian.INT, take(4));
  }

  long u32() throws CorruptFileException {
    return LittleEndian.unsignedInt(bytes, take(4));
  }

  /** An unsigned number; one that is over 63 bits is negative, and no size is. */
  long u64() throws CorruptFileException {
    return LittleEndian.signedLong(bytes, take(8));
  }

  double bigEndianDouble() throws CorruptFileException {
    return Double.longBitsToDouble(Long.reverseBytes(u64()));
  }

  byte[] raw(long size) throws CorruptFileException, UnsupportedFeatureException {
    long start = take(size);
    if (size > Integer.MAX_VALUE - 8) {
      throw unsupported(
          "it holds a string or bytes of "
              + size
              + " bytes; expected less than 2 GiB; in Python save it as a tensor");
    }
    return bytes.asSlice(start, size).toArray(ValueLayout.JAVA_BYTE);
  }

  String utf8(long size) throws CorruptFileException, UnsupportedFeatureException {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(raw(size))).toString();
    } catch (CharacterCodingException e) {
      throw new CorruptFileException(
          place()
              + "a string is not UTF-8, or has half of a surrogate pair; the file is damaged, or"
              + " holds no text there: save it again",
          e);
    }
  }

  /** A number in two's complement, little-endian. */
  BigInteger integer(long size) throws CorruptFileException, UnsupportedFeatureException {
    if (size > LARGEST_INTEGER) {
      throw unsupported(
          "it holds a whole number of "
              + size
              + " bytes; expected at most "
              + LARGEST_INTEGER
              + "; in Python save it as a string");
    }
    if (size == 0) {
      return BigInteger.ZERO;
    }
    byte[] bigEndian = new byte[(int) size];
    long start = take(size);
    for (int i = 0; i < bigEndian.length; i++) {
      bigEndian[i] = bytes.get(ValueLayout.JAVA_BYTE, start + bigEndian.length - 1 - i);
    }
    return new BigInteger(bigEndian);
  }

  /** Text up to a line feed, which is passed over. */
  String line() throws CorruptFileException, UnsupportedFeatureException {
    long start = at;
    while (u8() != '\n') {
      if (at - start > LONGEST_LINE) {
        throw corrupt("a name or number of more than " + LONGEST_LINE + " bytes");
      }
    }
    long end = at;
    at = start;
    String line = utf8(end - 1 - start);
    at = end;
    return line;
  }

  /** Where the next {@code size} bytes start, having passed them. */
  private long take(long size) throws CorruptFileException {
    if (size < 0 || size > bytes.byteSize() - at) {
      throw corrupt(
          "it needs "
              + Long.toUnsignedString(size)
              + " bytes here, and "
              + (bytes.byteSize() - at)
              + " are left: cut short?");
    }
    long start = at;
    at += size;
    return start;
  }

  /** The start of a message: the source and the last opcode's place. */
  String place() {
    return source + ", byte " + opcodeAt + ": ";
  }

  CorruptFileException corrupt(String what) {
    return new CorruptFileException(
        place() + what + "; the file is damaged or made by hand: save it again");
  }

  CorruptFileException corrupt(IllegalArgumentException cause) {
    CorruptFileException corrupt = corrupt(String.valueOf(cause.getMessage()));
    corrupt.initCause(cause);
    return corrupt;
  }

  UnsupportedFeatureException unsupported(String what) {
    return new UnsupportedFeatureException(place() + what);
  }
}
