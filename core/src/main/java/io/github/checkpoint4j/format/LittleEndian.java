package io.github.checkpoint4j.format;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Little-endian numbers at any address of a segment. */
public final class LittleEndian {
  public static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  public static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  public static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private LittleEndian() {}

  public static int unsignedByte(MemorySegment bytes, long offset) {
    return Byte.toUnsignedInt(bytes.get(ValueLayout.JAVA_BYTE, offset));
  }

  public static int unsignedShort(MemorySegment bytes, long offset) {
    return Short.toUnsignedInt(bytes.get(SHORT, offset));
  }

  public static long unsignedInt(MemorySegment bytes, long offset) {
    return Integer.toUnsignedLong(bytes.get(INT, offset));
  }

  public static long signedLong(MemorySegment bytes, long offset) {
    return bytes.get(LONG, offset);
  }
}
