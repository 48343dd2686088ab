package io.github.checkpoint4j.keras.hdf5;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import java.util.HashMap;
import java.util.Map;

/**
 * Where newer files keep the links and attributes of an object that has many: blocks that double in
 * size row by row, in a table whose last rows are tables themselves.
 */
final class FractalHeap {
  private static final int MANAGED = 0;
  private static final int HUGE = 1;
  private static final int TINY = 2;
  private static final int MOST_BITS = 64;
  private static final int BLOCK_PREFIX = 5 + Superblock.WORD;

  private final Source source;
  private final String what;
  private final int idSize;
  private final long hugeTree;
  private final int width;
  private final long startSize;
  private final int directRows;
  private final int offsetSize;
  private final int lengthSize;
  private final long root;
  private final int rootRows;

  /** An object that lies outside of the blocks. */
  private record HugeObject(long address, long size) {}

  private final Map<Long, HugeObject> hugeObjects = new HashMap<>();

  /**
   * Reads the head of a heap.
   *
   * @param what what it holds, for messages
   */
  FractalHeap(Source source, long address, String what)
      throws CorruptFileException, UnsupportedFeatureException {
    this.source = source;
    this.what = what;
    Cursor header = source.at(address, 146, "heap of " + what + "s").signature("FRHP").version(0);
    idSize = header.u16();
    int filters = header.u16();
    long mostManaged = header.skip(1).u32();
    hugeTree = header.skip(8).i64();
    width = header.skip(10L * 8).u16();
    startSize = header.size();
    long mostDirect = header.size();
    int bits = header.u16();
    root = header.skip(2).i64();
    rootRows = header.u16();
    if (filters != 0) {
      throw source.unsupported(
          "its " + what + "s are compressed; copy the file into a new one with h5py");
    }
    header.checksum();
    if (width == 0
        || Long.bitCount(width) != 1
        || Long.bitCount(startSize) != 1
        || Long.bitCount(mostDirect) != 1
        || mostDirect < startSize
        || mostDirect > 1L << 32
        || bits == 0
        || bits > MOST_BITS) {
      throw header.corrupt(
          "blocks of " + startSize + " to " + mostDirect + " bytes, " + width + " in a row");
    }
    directRows = log2(mostDirect) - log2(startSize) + 2;
    offsetSize = Math.ceilDiv(bits, 8);
    lengthSize = Math.min(TreeV2.bytesFor(mostDirect), TreeV2.bytesFor(mostManaged));
  }

  /** The object with an identifier, which comes next. */
  Cursor object(Cursor record) throws CorruptFileException, UnsupportedFeatureException {
    Cursor id = record.part(idSize);
    int flags = id.u8();
    return switch ((flags >> 4) & 3) {
      case MANAGED -> {
        long offset = id.number(offsetSize);
        yield managed(root, rootRows, offset, id.number(lengthSize));
      }
      case HUGE -> huge(id);
      case TINY -> id.part(idSize > 17 ? (((flags & 0xf) << 8) | id.u8()) + 1 : (flags & 0xf) + 1);
      default -> throw id.corrupt("an object of an unknown type");
    };
  }

  private Cursor managed(long block, int rows, long offset, long length)
      throws CorruptFileException {
    if (offset < 0) {
      throw source.corrupt(block, "an object outside of its heap");
    }
    long address = block;
    long within = offset;
    int rowsHere = rows;
    while (rowsHere > 0) {
      int row = row(within);
      if (row >= rowsHere) {
        throw source.corrupt(block, "an object outside of its heap");
      }
      long rest = within - (row == 0 ? 0 : rowSize(row) * width);
      long entry = (long) row * width + rest / rowSize(row);
      Cursor table =
          source
              .at(address, BLOCK_PREFIX + offsetSize + (entry + 1) * 8, "heap table")
              .signature("FHIB");
      address = table.version(0).skip(8 + offsetSize + entry * 8).i64();
      within = rest % rowSize(row);
      rowsHere = row < directRows ? 0 : log2(rowSize(row)) - log2(startSize * width) + 1;
    }
    source.at(address, BLOCK_PREFIX, "heap block").signature("FHDB").version(0);
    return source.at(address + within, length, what);
  }

  private int row(long offset) {
    long firstRow = startSize * width;
    return offset < firstRow ? 0 : log2(offset / firstRow) + 1;
  }

  /** The size of each block of a row; all rows before it are as large as one of its blocks each. */
  private long rowSize(int row) {
    return startSize << Math.max(0, row - 1);
  }

  private Cursor huge(Cursor id) throws CorruptFileException, UnsupportedFeatureException {
    if (idSize > 2 * 8) {
      long address = id.i64();
      return source.at(address, id.size(), what);
    }
    if (hugeObjects.isEmpty()) {
      TreeV2.walk(
          source,
          hugeTree,
          TreeV2.HUGE_OBJECTS,
          record -> {
            HugeObject object = new HugeObject(record.i64(), record.size());
            hugeObjects.put(record.i64(), object);
          });
    }
    HugeObject object = hugeObjects.get(id.number(Math.min(8, idSize - 1)));
    if (object == null) {
      throw id.corrupt("an object that is not in its heap");
    }
    return source.at(object.address(), object.size(), what);
  }

  private static int log2(long value) {
    return 63 - Long.numberOfLeadingZeros(value);
  }
}
