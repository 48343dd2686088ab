package io.github.checkpoint4j.format;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * A zip archive in memory, whose stored entries are windows on it. Compressed ones are inflated,
 * one at a time and up to a size that the caller gives.
 *
 * <p>The central directory rules; each local header must agree with it. Two entries of one name,
 * entries that share bytes and entries outside the archive are refused, since readers differ on
 * them. A name is only a name: nothing is extracted.
 *
 * @see <a href="https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT">APPNOTE.TXT</a>,
 *     sections 4.3.7 (local header), 4.3.12 (central directory), 4.3.14-16 (its end), 4.5.3 (zip64)
 */
public final class ZipArchive {
  private static final long LOCAL_HEADER = 0x04034b50L;
  private static final long CENTRAL_HEADER = 0x02014b50L;
  private static final long END = 0x06054b50L;
  private static final long END_64 = 0x06064b50L;
  private static final long END_64_LOCATOR = 0x07064b50L;
  private static final int LOCAL_HEADER_SIZE = 30;
  private static final int CENTRAL_HEADER_SIZE = 46;
  private static final int END_SIZE = 22;
  private static final int END_64_SIZE = 56;
  private static final int LOCATOR_SIZE = 20;
  private static final int LONGEST_COMMENT = 0xFFFF;
  private static final int ZIP64_EXTRA = 1;
  private static final long IN_ZIP64 = 0xFFFF_FFFFL;
  private static final int STORED = 0;
  private static final int DEFLATED = 8;

  /** Deflate makes at most 258 bytes of 2 bits. */
  private static final long DEFLATE_AT_MOST = 1032;

  private static final int ENCRYPTED = 1;
  private static final int SIZES_FOLLOW_DATA = 8;

  /**
   * An entry.
   *
   * @param method 0 if stored, 8 if deflated
   * @param crc the CRC-32 that the directory gives; writers may leave it out or wrong
   * @param header where the local header starts
   * @param data where the bytes start
   * @param size bytes in the file
   * @param fullSize bytes when inflated, as the directory has it; {@code size} if stored
   */
  public record Entry(
      String name,
      int flags,
      int method,
      long crc,
      long header,
      long data,
      long size,
      long fullSize) {
    long end() {
      return data + size;
    }

    /** Whether the bytes are there as they are, not compressed. */
    public boolean isStored() {
      return method == STORED;
    }
  }

  private final MemorySegment file;
  private final String source;
  private final Map<String, Entry> entries = new LinkedHashMap<>();

  private ZipArchive(MemorySegment file, String source) {
    this.file = file;
    this.source = source;
  }

  /**
   * Reads the directory.
   *
   * @param source the file's name, for messages
   * @throws CorruptFileException if there is none, or it is inconsistent
   * @throws UnsupportedFeatureException if the archive is in several parts
   */
  public static ZipArchive parse(MemorySegment file, String source)
      throws CorruptFileException, UnsupportedFeatureException {
    ZipArchive archive = new ZipArchive(file, source);
    archive.readDirectory();
    return archive;
  }

  /** The entries, in the order of the directory. */
  public Collection<Entry> entries() {
    return Collections.unmodifiableCollection(entries.values());
  }

  /** The entry of this name; empty if there is none. */
  public Optional<Entry> find(String name) {
    return Optional.ofNullable(entries.get(name));
  }

  /**
   * The bytes of a stored entry, not copied.
   *
   * @throws UnsupportedFeatureException if they are compressed or encrypted
   */
  public MemorySegment bytes(Entry entry) throws UnsupportedFeatureException {
    refuseEncrypted(entry);
    if (entry.method != STORED) {
      throw new UnsupportedFeatureException(
          at(entry.header)
              + "the entry '"
              + Excerpt.of(entry.name)
              + "' is compressed (method "
              + entry.method
              + "); expected stored bytes (method 0), as its own writer makes them;"
              + " unpack the archive and pack it again without compression (zip -0)");
    }
    return file.asSlice(entry.data, entry.size);
  }

  /**
   * The bytes of an entry that is stored or deflated: a window, or a copy that is checked against
   * its CRC-32.
   *
   * @param most the bytes that a deflated entry may have when inflated
   * @throws CorruptFileException if a deflated entry is damaged or of another size than is said
   * @throws UnsupportedFeatureException if it has more than {@code most} bytes, is compressed in
   *     another way, or encrypted
   */
  public MemorySegment bytes(Entry entry, int most)
      throws CorruptFileException, UnsupportedFeatureException {
    if (entry.method != DEFLATED) {
      return bytes(entry);
    }
    refuseEncrypted(entry);
    if (entry.fullSize < 0 || entry.fullSize > most || entry.size > Integer.MAX_VALUE) {
      throw new UnsupportedFeatureException(
          at(entry.header)
              + "the compressed entry '"
              + Excerpt.of(entry.name)
              + "' of "
              + entry.size
              + " bytes should have "
              + Long.toUnsignedString(entry.fullSize)
              + " when inflated, and at most "
              + most
              + " are; unpack the archive and pack it again without compression (zip -0)");
    }
    MemorySegment inflated = inflated(entry);
    requireCrc(entry, inflated);
    return inflated;
  }

  /**
   * Returns if the bytes of a stored entry have the CRC-32 that the directory gives.
   *
   * @throws CorruptFileException if they have another
   * @throws UnsupportedFeatureException if they are compressed or encrypted
   */
  public void requireCrc(Entry entry) throws CorruptFileException, UnsupportedFeatureException {
    requireCrc(entry, bytes(entry));
  }

  private void requireCrc(Entry entry, MemorySegment bytes) throws CorruptFileException {
    CRC32 crc = new CRC32();
    ZipWriter.update(crc, bytes);
    if (crc.getValue() != entry.crc) {
      throw corrupt(
          entry.data,
          "the entry '%s' should have the CRC-32 %08x and has %08x"
              .formatted(Excerpt.of(entry.name), entry.crc, crc.getValue()));
    }
  }

  private void refuseEncrypted(Entry entry) throws UnsupportedFeatureException {
    if ((entry.flags & ENCRYPTED) != 0) {
      throw new UnsupportedFeatureException(
          at(entry.header)
              + "the entry '"
              + Excerpt.of(entry.name)
              + "' is encrypted; expected plain bytes; decrypt the archive first");
    }
  }

  /** No more is allocated than deflate can make of the entry's bytes. */
  private MemorySegment inflated(Entry entry) throws CorruptFileException {
    if (entry.fullSize > Math.multiplyExact(entry.size, DEFLATE_AT_MOST)) {
      throw corrupt(
          entry.header,
          "the entry '"
              + Excerpt.of(entry.name)
              + "' of "
              + entry.size
              + " bytes cannot have "
              + entry.fullSize
              + " when inflated");
    }
    byte[] full = new byte[Math.toIntExact(entry.fullSize)];
    Inflater inflater = new Inflater(true);
    try {
      inflater.setInput(file.asSlice(entry.data, entry.size).asByteBuffer());
      int size = 0;
      for (int more = 1; more > 0 && !inflater.finished(); size += more) {
        // Full bytes or not, the end of the stream is only seen when more are asked for.
        more = size < full.length ? inflater.inflate(full, size, full.length - size) : 0;
      }
      boolean more = !inflater.finished() && inflater.inflate(new byte[1]) > 0;
      if (size != full.length || more || !inflater.finished()) {
        throw corrupt(
            entry.data,
            "the entry '"
                + Excerpt.of(entry.name)
                + "' should have "
                + full.length
                + " bytes when inflated and has "
                + (more ? "more" : size));
      }
      return MemorySegment.ofArray(full).asReadOnly();
    } catch (DataFormatException e) {
      throw new CorruptFileException(
          at(entry.data)
              + "the compressed entry '"
              + Excerpt.of(entry.name)
              + "' cannot be inflated; the file is damaged: copy or save it again",
          e);
    } finally {
      inflater.end();
    }
  }

  private void readDirectory() throws CorruptFileException, UnsupportedFeatureException {
    long end = findEnd();
    int disk = LittleEndian.unsignedShort(file, end + 4);
    long count = LittleEndian.unsignedShort(file, end + 10);
    long size = LittleEndian.unsignedInt(file, end + 12);
    long offset = LittleEndian.unsignedInt(file, end + 16);
    if (disk != 0 && disk != 0xFFFF) {
      throw new UnsupportedFeatureException(
          at(end) + "a zip archive in several parts; expected one part; join the parts first");
    }
    long directoryEnd = end;
    long locator = end - LOCATOR_SIZE;
    if (locator >= 0 && LittleEndian.unsignedInt(file, locator) == END_64_LOCATOR) {
      long end64 = LittleEndian.signedLong(file, locator + 8);
      if (end64 != locator - END_64_SIZE || end64 < 0) {
        throw corrupt(
            locator,
            "the zip64 end record should be at byte "
                + (locator - END_64_SIZE)
                + " and is said to be at "
                + Long.toUnsignedString(end64));
      }
      if (LittleEndian.unsignedInt(file, end64) != END_64) {
        throw corrupt(end64, "expected the zip64 end record here");
      }
      long count64 = LittleEndian.signedLong(file, end64 + 32);
      long size64 = LittleEndian.signedLong(file, end64 + 40);
      long offset64 = LittleEndian.signedLong(file, end64 + 48);
      if ((count != 0xFFFF && count != count64)
          || (size != IN_ZIP64 && size != size64)
          || (offset != IN_ZIP64 && offset != offset64)) {
        throw corrupt(end64, "the two end records of the zip directory disagree");
      }
      count = count64;
      size = size64;
      offset = offset64;
      directoryEnd = end64;
    }
    if (offset < 0 || size < 0 || offset > directoryEnd || size != directoryEnd - offset) {
      throw corrupt(
          end,
          "the zip directory should end at byte "
              + directoryEnd
              + " and is said to have "
              + Long.toUnsignedString(size)
              + " bytes from byte "
              + Long.toUnsignedString(offset));
    }
    if (count < 0 || count > size / CENTRAL_HEADER_SIZE) {
      throw corrupt(
          end,
          "the zip directory claims "
              + Long.toUnsignedString(count)
              + " entries and has "
              + size
              + " bytes");
    }
    readEntries(count, offset, directoryEnd);
    refuseOverlaps(offset);
  }

  private long findEnd() throws CorruptFileException {
    long last = file.byteSize() - END_SIZE;
    long first = Math.max(0, last - LONGEST_COMMENT);
    for (long at = last; at >= first; at--) {
      if (LittleEndian.unsignedInt(file, at) == END
          && LittleEndian.unsignedShort(file, at + 20) == last - at) {
        return at;
      }
    }
    throw corrupt(
        file.byteSize(), "expected a zip archive's end record here and found none: cut short?");
  }

  private void readEntries(long count, long start, long end) throws CorruptFileException {
    long at = start;
    for (long i = 0; i < count; i++) {
      if (end - at < CENTRAL_HEADER_SIZE || LittleEndian.unsignedInt(file, at) != CENTRAL_HEADER) {
        throw corrupt(
            at, "expected entry " + (i + 1) + " of " + count + " of the zip directory here");
      }
      int nameSize = LittleEndian.unsignedShort(file, at + 28);
      int extraSize = LittleEndian.unsignedShort(file, at + 30);
      int commentSize = LittleEndian.unsignedShort(file, at + 32);
      long next = at + CENTRAL_HEADER_SIZE + nameSize + extraSize + commentSize;
      if (next > end) {
        throw corrupt(at, "an entry of the zip directory goes beyond the directory's end");
      }
      Entry entry = readEntry(at, nameSize, extraSize, start);
      if (entries.putIfAbsent(entry.name, entry) != null) {
        throw corrupt(at, "two entries '" + Excerpt.of(entry.name) + "' in the zip directory");
      }
      at = next;
    }
    if (at != end) {
      throw corrupt(at, "expected the end of the zip directory here; it is at byte " + end);
    }
  }

  private Entry readEntry(long at, int nameSize, int extraSize, long directory)
      throws CorruptFileException {
    String name = name(at, at + CENTRAL_HEADER_SIZE, nameSize);
    int flags = LittleEndian.unsignedShort(file, at + 8);
    int method = LittleEndian.unsignedShort(file, at + 10);
    long crc = LittleEndian.unsignedInt(file, at + 16);
    long size = LittleEndian.unsignedInt(file, at + 20);
    long full = LittleEndian.unsignedInt(file, at + 24);
    long header = LittleEndian.unsignedInt(file, at + 42);
    if (size == IN_ZIP64 || full == IN_ZIP64 || header == IN_ZIP64) {
      Zip64 wide = new Zip64(at, at + CENTRAL_HEADER_SIZE + nameSize, extraSize);
      full = full == IN_ZIP64 ? wide.next() : full;
      size = size == IN_ZIP64 ? wide.next() : size;
      header = header == IN_ZIP64 ? wide.next() : header;
    }
    if (method == STORED && size != full) {
      throw corrupt(
          at,
          "the stored entry '"
              + Excerpt.of(name)
              + "' has two sizes, "
              + size
              + " and "
              + full
              + " bytes");
    }
    if (header < 0 || header > directory - LOCAL_HEADER_SIZE) {
      throw corrupt(
          at,
          "the header of entry '"
              + Excerpt.of(name)
              + "' is said to be at byte "
              + Long.toUnsignedString(header)
              + ", beyond the entries' end at byte "
              + directory);
    }
    long data = checkLocalHeader(name, at + CENTRAL_HEADER_SIZE, nameSize, method, header, size);
    if (data > directory || size < 0 || size > directory - data) {
      throw corrupt(
          at,
          "the entry '"
              + Excerpt.of(name)
              + "' of "
              + Long.toUnsignedString(size)
              + " bytes at byte "
              + data
              + " goes beyond the entries' end at byte "
              + directory);
    }
    return new Entry(name, flags, method, crc, header, data, size, full);
  }

  /** Where the entry's bytes start. */
  private long checkLocalHeader(
      String name, long nameAt, int nameSize, int method, long header, long size)
      throws CorruptFileException {
    if (LittleEndian.unsignedInt(file, header) != LOCAL_HEADER) {
      throw corrupt(header, "expected the header of entry '" + Excerpt.of(name) + "' here");
    }
    int localNameSize = LittleEndian.unsignedShort(file, header + 26);
    long data =
        header + LOCAL_HEADER_SIZE + localNameSize + LittleEndian.unsignedShort(file, header + 28);
    boolean sameName =
        localNameSize == nameSize
            && data <= file.byteSize()
            && MemorySegment.mismatch(
                    file,
                    nameAt,
                    nameAt + nameSize,
                    file,
                    header + LOCAL_HEADER_SIZE,
                    header + LOCAL_HEADER_SIZE + nameSize)
                == -1;
    if (!sameName) {
      throw corrupt(
          header,
          "the directory names this entry '" + Excerpt.of(name) + "', its own header otherwise");
    }
    int localMethod = LittleEndian.unsignedShort(file, header + 8);
    if (localMethod != method) {
      throw corrupt(
          header,
          "the compression of entry '"
              + Excerpt.of(name)
              + "' is "
              + method
              + " in the directory and "
              + localMethod
              + " in its own header");
    }
    long localSize = LittleEndian.unsignedInt(file, header + 18);
    boolean sizeIsElsewhere =
        localSize == IN_ZIP64
            || (localSize == 0
                && (LittleEndian.unsignedShort(file, header + 6) & SIZES_FOLLOW_DATA) != 0);
    if (!sizeIsElsewhere && localSize != size) {
      throw corrupt(
          header,
          "the entry '"
              + Excerpt.of(name)
              + "' has "
              + size
              + " bytes in the directory and "
              + localSize
              + " in its own header");
    }
    return data;
  }

  private void refuseOverlaps(long directory) throws CorruptFileException {
    List<Entry> byPlace = new ArrayList<>(entries.values());
    byPlace.sort(Comparator.comparingLong(Entry::header));
    for (int i = 1; i < byPlace.size(); i++) {
      Entry before = byPlace.get(i - 1);
      Entry after = byPlace.get(i);
      if (before.end() > after.header) {
        throw corrupt(
            after.header,
            "the entries '"
                + Excerpt.of(before.name)
                + "' and '"
                + Excerpt.of(after.name)
                + "' share bytes");
      }
    }
    if (!byPlace.isEmpty() && byPlace.getLast().end() > directory) {
      throw corrupt(directory, "the last entry goes into the zip directory");
    }
  }

  private String name(long entry, long at, int size) throws CorruptFileException {
    byte[] utf8 = file.asSlice(at, size).toArray(ValueLayout.JAVA_BYTE);
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(utf8)).toString();
    } catch (CharacterCodingException e) {
      throw new CorruptFileException(
          at(entry) + "the name of a zip entry is not UTF-8; pack the archive again", e);
    }
  }

  private String at(long offset) {
    return source + ", byte " + offset + ": ";
  }

  private CorruptFileException corrupt(long offset, String what) {
    return new CorruptFileException(
        at(offset) + what + "; the file is damaged: copy or save it again");
  }

  /** The 64-bit numbers of an entry, in the order of section 4.5.3. */
  private final class Zip64 {
    private final long entry;
    private long at;
    private long end;

    Zip64(long entry, long extra, int extraSize) {
      this.entry = entry;
      long extraEnd = extra + extraSize;
      long field = extra;
      while (extraEnd - field >= 4) {
        long fieldEnd = field + 4 + LittleEndian.unsignedShort(file, field + 2);
        if (fieldEnd <= extraEnd && LittleEndian.unsignedShort(file, field) == ZIP64_EXTRA) {
          this.at = field + 4;
          this.end = fieldEnd;
          return;
        }
        field = fieldEnd;
      }
    }

    long next() throws CorruptFileException {
      if (end - at < 8) {
        throw corrupt(entry, "an entry of the zip directory lacks its 64-bit sizes");
      }
      long value = LittleEndian.signedLong(file, at);
      at += 8;
      return value;
    }
  }
}
