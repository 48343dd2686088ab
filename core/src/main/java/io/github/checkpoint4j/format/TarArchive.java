package io.github.checkpoint4j.format;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A tar archive in memory, whose members are windows on it. Its members are plain files with names
 * that are expected, each once; links, folders, sparse files, long names and all else is refused: a
 * name is only a name, nothing is extracted.
 *
 * @see <a href="https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html">pax</a>,
 *     "ustar Interchange Format" and "pax Header Block"
 */
final class TarArchive {
  private static final int BLOCK = 512;
  private static final int NAME = 0;
  private static final int NAME_SIZE = 100;
  private static final int SIZE = 124;
  private static final int SIZE_SIZE = 12;
  private static final int CHECKSUM = 148;
  private static final int CHECKSUM_SIZE = 8;
  private static final int TYPE = 156;
  private static final int MAGIC = 257;
  private static final int PREFIX = 345;
  private static final int LARGEST_PAX_HEADER = 1 << 16;

  private final MemorySegment file;
  private final String source;
  private final Set<String> expected;
  private final Map<String, MemorySegment> members = new LinkedHashMap<>();
  private Map<String, String> pax = Map.of();
  private long at;

  private TarArchive(MemorySegment file, String source, Set<String> expected) {
    this.file = file;
    this.source = source;
    this.expected = expected;
  }

  /**
   * The members by their names.
   *
   * @param source the file's name, for messages
   * @param expected the names that members may have
   * @throws CorruptFileException if the archive is cut short or inconsistent
   * @throws UnsupportedFeatureException if it has any other member
   */
  static Map<String, MemorySegment> members(MemorySegment file, String source, Set<String> expected)
      throws CorruptFileException, UnsupportedFeatureException {
    TarArchive archive = new TarArchive(file, source, expected);
    archive.read();
    return archive.members;
  }

  /** The name in the first header that is of a member; empty if the file is no tar archive. */
  static Optional<String> firstName(MemorySegment file) {
    long at = 0;
    if (isHeader(file, at) && file.get(ValueLayout.JAVA_BYTE, TYPE) == 'x') {
      Optional<Long> size = octal(file, SIZE);
      at = size.isEmpty() ? -1 : BLOCK + padded(size.get());
    }
    return at >= 0 && isHeader(file, at)
        ? Optional.of(text(file, at + NAME, NAME_SIZE))
        : Optional.empty();
  }

  private static boolean isHeader(MemorySegment file, long at) {
    return file.byteSize() - at >= BLOCK && text(file, at + MAGIC, 5).equals("ustar");
  }

  private void read() throws CorruptFileException, UnsupportedFeatureException {
    while (at < file.byteSize()) {
      if (file.byteSize() - at < BLOCK) {
        throw corrupt(
            "expected a header of " + BLOCK + " bytes and " + (file.byteSize() - at) + " are left");
      }
      if (isZero(at)) {
        return;
      }
      checkHeader();
      long size = size();
      long left = file.byteSize() - at - BLOCK;
      if (size > left) {
        throw corrupt(
            "the member of "
                + size
                + " bytes goes beyond the "
                + left
                + " that are left: cut short?");
      }
      MemorySegment data = file.asSlice(at + BLOCK, size);
      char type = (char) LittleEndian.unsignedByte(file, at + TYPE);
      if (type == 'x') {
        readPax(data);
      } else {
        addMember(type, data);
        pax = Map.of();
      }
      at += BLOCK + padded(size);
    }
  }

  /** The size with what fills the last block. */
  private static long padded(long size) {
    return Math.ceilDiv(size, (long) BLOCK) * BLOCK;
  }

  private boolean isZero(long block) {
    for (int i = 0; i < BLOCK; i += Long.BYTES) {
      if (LittleEndian.signedLong(file, block + i) != 0) {
        return false;
      }
    }
    return true;
  }

  private void checkHeader() throws CorruptFileException {
    if (!isHeader(file, at)) {
      throw corrupt("expected the header of a member");
    }
    long sum = 0;
    for (int i = 0; i < BLOCK; i++) {
      boolean ofChecksum = i >= CHECKSUM && i < CHECKSUM + CHECKSUM_SIZE;
      sum += ofChecksum ? ' ' : LittleEndian.unsignedByte(file, at + i);
    }
    if (!octal(file, at + CHECKSUM, CHECKSUM_SIZE).equals(Optional.of(sum))) {
      throw corrupt("the header's checksum should be " + Long.toOctalString(sum) + " and is not");
    }
  }

  private long size() throws CorruptFileException {
    String inPax = pax.get("size");
    Optional<Long> size =
        inPax == null
            ? octal(file, at + SIZE, SIZE_SIZE)
            : inPax.matches("[0-9]{1,18}") ? Optional.of(Long.valueOf(inPax)) : Optional.empty();
    return size.orElseThrow(() -> corrupt("the size of the member is not a number"));
  }

  private void addMember(char type, MemorySegment data)
      throws CorruptFileException, UnsupportedFeatureException {
    String prefix = text(file, at + PREFIX, 155);
    String own = text(file, at + NAME, NAME_SIZE);
    String name = pax.getOrDefault("path", prefix.isEmpty() ? own : prefix + "/" + own);
    if (type != '0' && type != '\0') {
      throw new UnsupportedFeatureException(
          place()
              + "the member '"
              + Excerpt.of(name)
              + "' is not a plain file (type '"
              + Excerpt.of(String.valueOf(type))
              + "'), as which PyTorch writes them; save the file again with a newer PyTorch");
    }
    if (pax.keySet().stream().anyMatch(key -> key.startsWith("GNU.sparse"))) {
      throw new UnsupportedFeatureException(
          place()
              + "the member '"
              + Excerpt.of(name)
              + "' is stored with holes; pack the archive again without --sparse");
    }
    if (!expected.contains(name)) {
      throw new UnsupportedFeatureException(
          place()
              + "the member '"
              + Excerpt.of(name)
              + "' is none that PyTorch writes; expected "
              + String.join(", ", expected.stream().sorted().toList())
              + "; check which file this is");
    }
    if (members.putIfAbsent(name, data) != null) {
      throw corrupt("a second member '" + name + "'");
    }
  }

  /** Lines of the length of the line, a space, a key, an equals sign, a value, a line feed. */
  private void readPax(MemorySegment data) throws CorruptFileException {
    if (!pax.isEmpty()) {
      throw corrupt("two extended headers before one member");
    }
    if (data.byteSize() > LARGEST_PAX_HEADER) {
      throw corrupt("an extended header of " + data.byteSize() + " bytes");
    }
    String text = new String(data.toArray(ValueLayout.JAVA_BYTE), StandardCharsets.ISO_8859_1);
    pax = new LinkedHashMap<>();
    for (int line = 0; line < text.length(); ) {
      int space = text.indexOf(' ', line);
      int equals = text.indexOf('=', line);
      String length = space < 0 ? "" : text.substring(line, space);
      int end = length.matches("[1-9][0-9]{0,5}") ? line + Integer.parseInt(length) : -1;
      if (end > text.length()
          || equals < space
          || equals + 1 >= end
          || text.charAt(end - 1) != '\n') {
        throw corrupt("an extended header that is not of lines with their lengths");
      }
      pax.put(text.substring(space + 1, equals), text.substring(equals + 1, end - 1));
      line = end;
    }
    if (pax.isEmpty()) {
      throw corrupt("an extended header without a line");
    }
  }

  private static Optional<Long> octal(MemorySegment file, long at) {
    return octal(file, at, SIZE_SIZE);
  }

  /** A number in octal digits, which blanks or zero bytes may follow. */
  private static Optional<Long> octal(MemorySegment file, long at, int size) {
    String digits = text(file, at, size).strip();
    return digits.matches("[0-7]{1,12}")
        ? Optional.of(Long.parseLong(digits, 8))
        : Optional.empty();
  }

  /** Characters up to the first zero byte. */
  private static String text(MemorySegment file, long at, int size) {
    byte[] bytes = file.asSlice(at, size).toArray(ValueLayout.JAVA_BYTE);
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    int end = text.indexOf('\0');
    return end < 0 ? text : text.substring(0, end);
  }

  private String place() {
    return source + ", byte " + at + ": ";
  }

  private CorruptFileException corrupt(String what) {
    return new CorruptFileException(
        place() + what + "; the file is damaged: copy or save it again");
  }
}
