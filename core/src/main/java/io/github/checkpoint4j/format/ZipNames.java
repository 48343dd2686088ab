package io.github.checkpoint4j.format;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The names of the first entries of a zip archive, as far as they can be read: enough to tell what
 * made it, also if its end is missing.
 */
final class ZipNames {
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private static final int LOCAL_HEADER = 0x04034b50;
  private static final int CENTRAL_HEADER = 0x02014b50;
  private static final int END_OF_CENTRAL_DIRECTORY = 0x06054b50;
  private static final int MOST = 64;

  private ZipNames() {}

  /** The names in the central directory, or that of the first entry if there is no directory. */
  static List<String> of(MemorySegment file) {
    long end = endOfCentralDirectory(file);
    // A zip64 archive has a directory offset of all ones here, where no header is found.
    List<String> names = end < 0 ? List.of() : central(file, file.get(INT, end + 16) & 0xffffffffL);
    return names.isEmpty() ? first(file) : names;
  }

  /** The record is the last of the file, but for a comment of up to 65,535 bytes. */
  private static long endOfCentralDirectory(MemorySegment file) {
    long last = file.byteSize() - 22;
    for (long at = last; at >= Math.max(0, last - 65_535); at--) {
      if (file.get(INT, at) == END_OF_CENTRAL_DIRECTORY) {
        return at;
      }
    }
    return -1;
  }

  private static List<String> central(MemorySegment file, long start) {
    List<String> names = new ArrayList<>();
    long at = start;
    while (names.size() < MOST
        && at + 46 <= file.byteSize()
        && file.get(INT, at) == CENTRAL_HEADER) {
      int length = file.get(SHORT, at + 28) & 0xffff;
      int extra = file.get(SHORT, at + 30) & 0xffff;
      int comment = file.get(SHORT, at + 32) & 0xffff;
      if (at + 46 + length > file.byteSize()) {
        break;
      }
      names.add(name(file, at + 46, length));
      at += 46 + length + extra + comment;
    }
    return names;
  }

  private static List<String> first(MemorySegment file) {
    if (file.byteSize() < 30 || file.get(INT, 0) != LOCAL_HEADER) {
      return List.of();
    }
    int length = file.get(SHORT, 26) & 0xffff;
    return 30 + length <= file.byteSize() ? List.of(name(file, 30, length)) : List.of();
  }

  private static String name(MemorySegment file, long at, int length) {
    byte[] bytes = file.asSlice(at, length).toArray(ValueLayout.JAVA_BYTE);
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
