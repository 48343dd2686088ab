package io.github.checkpoint4j.format;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A table of LevelDB put together by hand, in blocks of a few entries. */
final class TableBytes {
  private static final int FOOTER = 48;
  private static final long MAGIC = 0xdb4775248b80fb57L;

  private TableBytes() {}

  /**
   * A table.
   *
   * @param entries in the order of the keys
   * @param perBlock how many a block has
   */
  static byte[] of(List<Map.Entry<String, byte[]>> entries, int perBlock) {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    List<Map.Entry<String, byte[]>> index = new ArrayList<>();
    for (int i = 0; i < entries.size(); i += perBlock) {
      List<Map.Entry<String, byte[]>> block =
          entries.subList(i, Math.min(entries.size(), i + perBlock));
      index.add(Map.entry(block.getLast().getKey(), handle(file, block(block), 0)));
    }
    byte[] about = handle(file, block(List.of()), 0);
    byte[] indexHandle = handle(file, block(index), 0);
    return footer(file, about, indexHandle);
  }

  /** A table of one block of these bytes, compressed in this way as it says. */
  static byte[] ofBlock(byte[] block, int compression) {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    byte[] handle = handle(file, block, compression);
    byte[] indexHandle = handle(file, block(List.of(Map.entry("z", handle))), 0);
    return footer(file, new byte[] {0, 0}, indexHandle);
  }

  private static byte[] footer(ByteArrayOutputStream file, byte[] about, byte[] index) {
    ByteArrayOutputStream handles = new ByteArrayOutputStream();
    handles.writeBytes(about);
    handles.writeBytes(index);
    file.writeBytes(handles.toByteArray());
    file.writeBytes(new byte[FOOTER - Long.BYTES - handles.size()]);
    file.writeBytes(GgufBytes.longs(MAGIC));
    return file.toByteArray();
  }

  /** The keys leave out what they begin with alike. */
  static byte[] block(List<Map.Entry<String, byte[]>> entries) {
    ByteArrayOutputStream block = new ByteArrayOutputStream();
    byte[] before = {};
    for (Map.Entry<String, byte[]> entry : entries) {
      byte[] key = entry.getKey().getBytes(StandardCharsets.UTF_8);
      int shared = 0;
      while (shared < Math.min(before.length, key.length) && before[shared] == key[shared]) {
        shared++;
      }
      varint(block, shared);
      varint(block, key.length - shared);
      varint(block, entry.getValue().length);
      block.write(key, shared, key.length - shared);
      block.writeBytes(entry.getValue());
      before = key;
    }
    block.writeBytes(GgufBytes.ints(0, 1));
    return block.toByteArray();
  }

  private static byte[] handle(ByteArrayOutputStream file, byte[] block, int compression) {
    ByteArrayOutputStream handle = new ByteArrayOutputStream();
    varint(handle, file.size());
    varint(handle, block.length);
    ByteArrayOutputStream typed = new ByteArrayOutputStream();
    typed.writeBytes(block);
    typed.write(compression);
    file.writeBytes(typed.toByteArray());
    file.writeBytes(GgufBytes.ints(MaskedCrc32c.of(MemorySegment.ofArray(typed.toByteArray()))));
    return handle.toByteArray();
  }

  static void varint(ByteArrayOutputStream bytes, long value) {
    long left = value;
    while (left >>> 7 != 0) {
      bytes.write((int) ((left & 0x7f) | 0x80));
      left >>>= 7;
    }
    bytes.write((int) left);
  }

  /** The table with right checksums of the blocks that its footer and its index name. */
  static byte[] withChecksums(byte[] file) {
    byte[] right = file.clone();
    MemorySegment bytes = MemorySegment.ofArray(right);
    if (!SortedTable.looksLike(bytes)) {
      return right;
    }
    long footer = bytes.byteSize() - FOOTER;
    try {
      ProtobufReader handles = new ProtobufReader(bytes.asSlice(footer, 40), footer, "x");
      handles.rawVarint();
      handles.rawVarint();
      MemorySegment index = repaired(bytes, handles.rawVarint(), handles.rawVarint());
      ProtobufReader entries = new ProtobufReader(index, 0, "x");
      while (entries.more()) {
        entries.rawVarint();
        long key = entries.rawVarint();
        long value = entries.rawVarint();
        entries.raw(key);
        ProtobufReader handle = new ProtobufReader(entries.raw(value), 0, "x");
        repaired(bytes, handle.rawVarint(), handle.rawVarint());
      }
    } catch (CorruptFileException | IndexOutOfBoundsException e) {
      return right;
    }
    return right;
  }

  private static MemorySegment repaired(MemorySegment file, long offset, long size) {
    MemorySegment typed = file.asSlice(offset, size + 1);
    file.set(LittleEndian.INT, offset + size + 1, MaskedCrc32c.of(typed));
    long restarts = LittleEndian.unsignedInt(file, offset + size - 4);
    return file.asSlice(offset, size - 4 - 4 * restarts);
  }
}
