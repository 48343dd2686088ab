package io.github.checkpoint4j.format;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.zip.CRC32;
import java.util.zip.Checksum;

/**
 * Writes a zip archive byte for byte as {@code torch.save} lays it out: stored entries, each
 * starting at a multiple of 64 bytes (padded in an extra field {@code FB}), sizes and CRC after the
 * data, 64-bit numbers only where they are needed. PyTorch can compute an entry's place from the
 * sizes before it, so the lengths of headers matter.
 *
 * @see <a
 *     href="https://github.com/pytorch/pytorch/blob/main/caffe2/serialize/inline_container.cc">inline_container.cc,
 *     getPadding</a>
 */
public final class ZipWriter {
  static final int ALIGNMENT = 64;
  private static final long WIDE = 0xFFFF_FFFFL;
  private static final int UTF_8_NAME = 0x800;
  private static final int SIZES_FOLLOW_DATA = 8;
  private static final int CRC_CHUNK = 1 << 30;
  private static final int CRC_HEAP_CHUNK = 1 << 16;

  private record Entry(String name, int flags, long crc, long size, long header) {}

  private final String prefix;
  private final List<Entry> entries = new ArrayList<>();
  private final List<FileContent.Part> parts = new ArrayList<>();
  private final ByteWriter pending = new ByteWriter();
  private final CRC32 names = new CRC32();
  private final CRC32 contents = new CRC32();
  private long flushed;

  /**
   * An archive without entries.
   *
   * @param prefix what the names of all entries begin with: a folder and a slash, or nothing
   */
  public ZipWriter(String prefix) {
    this.prefix = prefix;
  }

  /** Adds an entry of bytes that are copied. */
  public void add(String name, byte[] data) {
    CRC32 crc = new CRC32();
    crc.update(data);
    begin(name, data.length, crc.getValue());
    pending.bytes(data);
    end();
  }

  /** Adds an entry of parts, which are not copied. */
  public void add(String name, List<FileContent.Part> data) {
    CRC32 crc = new CRC32();
    long size = 0;
    for (FileContent.Part part : data) {
      update(crc, part.bytes());
      size = Math.addExact(size, part.bytes().byteSize());
    }
    begin(name, size, crc.getValue());
    if (size > 0) {
      flush();
      parts.addAll(data);
      flushed += size;
    }
    end();
  }

  /** A number of 20 digits for the names so far and one for the contents. */
  String identity() {
    return String.format(Locale.ROOT, "%020d%020d", names.getValue(), contents.getValue());
  }

  /** The archive; nothing can be added afterwards. */
  public FileContent finish() {
    long directory = position();
    for (Entry entry : entries) {
      writeDirectoryEntry(entry);
    }
    long end = position();
    long count = entries.size();
    pending.u32(0x06064b50L).u64(44).u16(0x031e).u16(45).u32(0).u32(0);
    pending.u64(count).u64(count).u64(end - directory).u64(directory);
    pending.u32(0x07064b50L).u32(0).u64(end).u32(1);
    int shortCount = (int) Math.min(count, 0xFFFF);
    pending.u32(0x06054b50L).u16(0).u16(0).u16(shortCount).u16(shortCount);
    pending.u32(Math.min(end - directory, WIDE)).u32(Math.min(directory, WIDE)).u16(0);
    flush();
    return FileContent.of(parts);
  }

  private void begin(String name, long size, long crc) {
    String path = prefix + name;
    byte[] utf8 = path.getBytes(StandardCharsets.UTF_8);
    long header = position();
    int flags = UTF_8_NAME | (size > 0 ? SIZES_FOLLOW_DATA : 0);
    names.update(utf8);
    contents.update(new ByteWriter().u32(crc).u64(size).take());
    entries.add(new Entry(path, flags, crc, size, header));

    boolean wide = size >= WIDE || header >= WIDE;
    int wideSize = wide ? 4 + (size >= WIDE ? 16 : 0) + (header >= WIDE ? 8 : 0) : 0;
    long unpadded = header + 30 + utf8.length + wideSize + 4;
    int padding = (int) (-unpadded & (ALIGNMENT - 1));
    pending.u32(0x04034b50L).u16(0).u16(flags).u16(0).u16(0).u16(0);
    pending.u32(0).u32(0).u32(0).u16(utf8.length).u16(wideSize + 4 + padding).bytes(utf8);
    if (wide) {
      writeWide(size, header);
    }
    pending.u8('F').u8('B').u16(padding);
    for (int i = 0; i < padding; i++) {
      pending.u8('Z');
    }
  }

  /** Writes what follows the bytes of an entry. */
  private void end() {
    Entry entry = entries.getLast();
    if (entry.size == 0) {
      return;
    }
    pending.u32(0x08074b50L).u32(entry.crc);
    if (entry.size >= WIDE || entry.header >= WIDE) {
      pending.u64(entry.size).u64(entry.size);
    } else {
      pending.u32(entry.size).u32(entry.size);
    }
  }

  private void writeDirectoryEntry(Entry entry) {
    boolean wide = entry.size >= WIDE || entry.header >= WIDE;
    int wideSize = wide ? 4 + (entry.size >= WIDE ? 16 : 0) + (entry.header >= WIDE ? 8 : 0) : 0;
    pending.u32(0x02014b50L).u16(0).u16(0).u16(entry.flags).u16(0).u16(0).u16(0);
    pending.u32(entry.crc).u32(Math.min(entry.size, WIDE)).u32(Math.min(entry.size, WIDE));
    byte[] name = entry.name.getBytes(StandardCharsets.UTF_8);
    pending.u16(name.length).u16(wideSize).u16(0).u16(0).u16(0).u32(0);
    pending.u32(Math.min(entry.header, WIDE)).bytes(name);
    if (wide) {
      writeWide(entry.size, entry.header);
    }
  }

  private void writeWide(long size, long header) {
    pending.u16(1).u16((size >= WIDE ? 16 : 0) + (header >= WIDE ? 8 : 0));
    if (size >= WIDE) {
      pending.u64(size).u64(size);
    }
    if (header >= WIDE) {
      pending.u64(header);
    }
  }

  private long position() {
    return flushed + pending.size();
  }

  private void flush() {
    byte[] bytes = pending.take();
    if (bytes.length > 0) {
      parts.add(new FileContent.Part(Optional.empty(), MemorySegment.ofArray(bytes)));
      flushed += bytes.length;
    }
  }

  static void update(Checksum crc, MemorySegment data) {
    long size = data.byteSize();
    if (data.isNative()) {
      for (long at = 0; at < size; at += CRC_CHUNK) {
        crc.update(data.asSlice(at, Math.min(CRC_CHUNK, size - at)).asByteBuffer());
      }
      return;
    }
    // Heap memory need not be a byte[], and then has no byte buffer.
    byte[] chunk = new byte[(int) Math.min(CRC_HEAP_CHUNK, size)];
    for (long at = 0; at < size; at += chunk.length) {
      int length = (int) Math.min(chunk.length, size - at);
      MemorySegment.copy(data, ValueLayout.JAVA_BYTE, at, chunk, 0, length);
      crc.update(chunk, 0, length);
    }
  }
}
