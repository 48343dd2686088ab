package io.github.checkpoint4j.format;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A table of LevelDB, sorted keys with values: blocks of entries whose keys leave out what they
 * begin with alike, a block of the places of those, and a footer with the place of that.
 *
 * <p>Each block is compared with its checksum. Compressed blocks are refused: TensorFlow writes
 * none.
 *
 * @see <a
 *     href="https://github.com/google/leveldb/blob/main/doc/table_format.md">table_format.md</a>
 */
final class SortedTable {
  private static final long MAGIC = 0xdb4775248b80fb57L;
  private static final int FOOTER = 48;

  /** After a block come a byte for its compression and its checksum. */
  private static final int TRAILER = 5;

  /** Bytes that all keys may have together when written out, for each byte of the file. */
  private static final long KEYS = 8;

  private static final int LONGEST_KEY = 1 << 20;

  private static final String KIND = "table";

  private final MemorySegment file;
  private final String source;
  private final List<Entry> entries = new ArrayList<>();
  private long keysLeft;

  private SortedTable(MemorySegment file, String source) {
    this.file = file;
    this.source = source;
    this.keysLeft = TorchTensors.SMALL_COPIES + KEYS * file.byteSize();
  }

  /**
   * A key and its value.
   *
   * @param value a window on the file
   */
  @SuppressWarnings("ArrayRecordComponent")
  record Entry(byte[] key, MemorySegment value) {}

  /** Whether a file ends as a table does. */
  static boolean looksLike(MemorySegment file) {
    return file.byteSize() >= FOOTER
        && LittleEndian.signedLong(file, file.byteSize() - Long.BYTES) == MAGIC;
  }

  /**
   * The entries of a file that {@link #looksLike} a table.
   *
   * @throws CorruptFileException if a block has not its checksum, or the keys are not in order
   * @throws UnsupportedFeatureException if a block is compressed
   */
  static List<Entry> entries(MemorySegment file, String source)
      throws CorruptFileException, UnsupportedFeatureException {
    SortedTable table = new SortedTable(file, source);
    long footer = file.byteSize() - FOOTER;
    ProtobufReader handles =
        new ProtobufReader(file.asSlice(footer, FOOTER - Long.BYTES), footer, source, KIND);
    // The first two are the place of a block about the table, which has nothing that is needed.
    handles.rawVarint();
    handles.rawVarint();
    Block index = table.block(handles);
    while (index.hasMore()) {
      MemorySegment handle = index.next().value();
      Block block = table.block(new ProtobufReader(handle, index.base, source, KIND));
      while (block.hasMore()) {
        table.add(block);
      }
    }
    return table.entries;
  }

  private void add(Block block) throws CorruptFileException {
    Entry entry = block.next();
    if (!entries.isEmpty() && Arrays.compareUnsigned(entries.getLast().key(), entry.key()) >= 0) {
      throw damaged(block.base, "the keys of the block are not in order");
    }
    entries.add(entry);
  }

  private Block block(ProtobufReader handle)
      throws CorruptFileException, UnsupportedFeatureException {
    long offset = handle.rawVarint();
    long size = handle.rawVarint();
    long end = file.byteSize() - FOOTER;
    if (offset < 0 || size < 0 || offset > end || size > end - offset - TRAILER) {
      throw damaged(
          end,
          "a block of %s bytes at byte %s is not in the file"
              .formatted(Long.toUnsignedString(size), Long.toUnsignedString(offset)));
    }
    int compression = LittleEndian.unsignedByte(file, offset + size);
    int expected = file.get(LittleEndian.INT, offset + size + 1);
    int found = MaskedCrc32c.of(file.asSlice(offset, size + 1));
    if (expected != found) {
      throw damaged(
          offset,
          "the masked CRC32C of the block of %d bytes should be %08x and is %08x"
              .formatted(size, expected, found));
    }
    if (compression != 0) {
      throw new UnsupportedFeatureException(
          source
              + ", byte %d: a block is compressed (%s); TensorFlow's checkpoints of version 2 are"
                  .formatted(offset, compression == 1 ? "Snappy" : "type " + compression)
              + " not; load it in TensorFlow and save it again");
    }
    return new Block(file.asSlice(offset, size), offset);
  }

  private CorruptFileException damaged(long at, String what) {
    return new CorruptFileException(
        source + ", byte " + at + ": " + what + "; the file is damaged: copy or save it again");
  }

  /**
   * The entries of a block, one after another; after them come places of some, and their number.
   */
  private final class Block {
    private final long base;
    private final ProtobufReader reader;
    private byte[] key = {};

    Block(MemorySegment bytes, long base) throws CorruptFileException {
      this.base = base;
      long size = bytes.byteSize();
      long restarts = size < 4 ? 0 : LittleEndian.unsignedInt(bytes, size - 4);
      if (size < 4 || restarts > (size - 4) / 4) {
        throw damaged(base, "a block of %d bytes with %d restarts".formatted(size, restarts));
      }
      this.reader =
          new ProtobufReader(bytes.asSlice(0, size - 4 - 4 * restarts), base, source, KIND);
    }

    boolean hasMore() {
      return reader.more();
    }

    Entry next() throws CorruptFileException {
      long shared = reader.rawVarint();
      long own = reader.rawVarint();
      long valueSize = reader.rawVarint();
      if (shared < 0 || shared > key.length) {
        throw damaged(
            base,
            "a key takes %s bytes of the one before it, which has %d"
                .formatted(Long.toUnsignedString(shared), key.length));
      }
      MemorySegment rest = reader.raw(own);
      keysLeft -= shared + own;
      if (shared + own > LONGEST_KEY || keysLeft < 0) {
        throw damaged(
            base,
            "a key of %d bytes is longer, or all are, than a file of this size warrants"
                .formatted(shared + own));
      }
      byte[] whole = Arrays.copyOf(key, (int) (shared + own));
      MemorySegment.copy(rest, ValueLayout.JAVA_BYTE, 0, whole, (int) shared, (int) own);
      key = whole;
      return new Entry(whole, reader.raw(valueSize));
    }
  }
}
