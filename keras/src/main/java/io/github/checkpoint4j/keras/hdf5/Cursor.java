package io.github.checkpoint4j.keras.hdf5;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.LittleEndian;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;

/** Reads a structure from its beginning to its end, and not beyond. */
final class Cursor {
  private final Source source;
  private final String what;
  private final long start;
  private final long end;
  private long position;

  Cursor(Source source, String what, long start, long end) {
    this.source = source;
    this.what = what;
    this.start = start;
    this.end = end;
    this.position = start;
  }

  Source source() {
    return source;
  }

  /** Where it reads next, as an address. */
  long position() {
    return position;
  }

  long remaining() {
    return end - position;
  }

  int u8() throws CorruptFileException {
    return LittleEndian.unsignedByte(source.bytes(), take(1));
  }

  int u16() throws CorruptFileException {
    return LittleEndian.unsignedShort(source.bytes(), take(2));
  }

  long u32() throws CorruptFileException {
    return LittleEndian.unsignedInt(source.bytes(), take(4));
  }

  /** An address, or a size: a file that needs the sign is not one that exists. */
  long i64() throws CorruptFileException {
    return LittleEndian.signedLong(source.bytes(), take(8));
  }

  /** A size, which is not negative. */
  long size() throws CorruptFileException {
    long size = i64();
    if (size < 0) {
      throw corrupt("a size of " + Long.toUnsignedString(size));
    }
    return size;
  }

  /** A number of {@code width} bytes, at most eight. */
  long number(int width) throws CorruptFileException {
    long value = 0;
    for (int i = 0; i < width; i++) {
      value |= (long) u8() << (8 * i);
    }
    return value;
  }

  Cursor skip(long count) throws CorruptFileException {
    take(count);
    return this;
  }

  /** Skips what fills up to a multiple of eight, counted from the structure's beginning. */
  void align() throws CorruptFileException {
    skip(-(position - start) & 7);
  }

  /** The next bytes, as a structure in this one. */
  Cursor part(long count) throws CorruptFileException {
    long from = take(count);
    return new Cursor(source, what, from, from + count);
  }

  /** The next bytes, not copied. */
  MemorySegment bytes(long count) throws CorruptFileException {
    return source.bytes().asSlice(take(count), count);
  }

  /** The bytes up to the end, not copied, and not read. */
  MemorySegment rest() {
    return source.bytes().asSlice(position, remaining());
  }

  /** Text of {@code count} bytes, of which the first zero ends it. */
  String text(long count) throws CorruptFileException {
    MemorySegment bytes = bytes(count);
    long length = 0;
    while (length < count && bytes.get(ValueLayout.JAVA_BYTE, length) != 0) {
      length++;
    }
    return utf8(bytes.asSlice(0, length));
  }

  /** Text that a zero ends, which is read too. */
  String terminated() throws CorruptFileException {
    long length = 0;
    while (length < remaining()
        && source.bytes().get(ValueLayout.JAVA_BYTE, position + length) != 0) {
      length++;
    }
    String text = utf8(bytes(length));
    skip(1);
    return text;
  }

  String utf8(MemorySegment bytes) throws CorruptFileException {
    try {
      return UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(bytes.toArray(ValueLayout.JAVA_BYTE)))
          .toString();
    } catch (CharacterCodingException _) {
      throw corrupt("text that is not UTF-8");
    }
  }

  /** Reads the four letters a structure begins with. */
  Cursor signature(String expected) throws CorruptFileException {
    long found = u32();
    for (int i = 0; i < 4; i++) {
      if (((found >>> (8 * i)) & 0xff) != expected.charAt(i)) {
        throw corrupt("it does not begin with " + expected);
      }
    }
    return this;
  }

  /** Reads a version, of which only one is known. */
  Cursor version(int expected) throws CorruptFileException {
    int found = u8();
    if (found != expected) {
      throw corrupt("version " + expected + " expected, found " + found);
    }
    return this;
  }

  /** Compares the checksum, which comes next, with what was read up to here. */
  void checksum() throws CorruptFileException {
    int expected = Lookup3.hash(source.bytes().asSlice(start, position - start));
    if ((int) u32() != expected) {
      throw corrupt("its checksum does not match");
    }
  }

  CorruptFileException corrupt(String problem) {
    return source.corrupt(start, what + ": " + problem);
  }

  private long take(long count) throws CorruptFileException {
    if (count < 0 || count > remaining()) {
      throw corrupt(
          "it should go on for "
              + count
              + " bytes after "
              + (position - start)
              + ", not "
              + remaining());
    }
    long from = position;
    position += count;
    return from;
  }
}
