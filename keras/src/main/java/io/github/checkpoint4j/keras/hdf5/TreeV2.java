package io.github.checkpoint4j.keras.hdf5;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.UnsupportedFeatureException;

/** HDF5's newer B-tree: records in order, in inner nodes as well as in leaves. */
final class TreeV2 {
  static final int HUGE_OBJECTS = 1;
  static final int LINK_NAMES = 5;
  static final int ATTRIBUTE_NAMES = 8;
  static final int CHUNKS = 10;
  static final int FILTERED_CHUNKS = 11;

  private static final int NODE_OVERHEAD = 10;
  private static final int MOST_LEVELS = 32;

  private final Source source;
  private final int type;
  private final long nodeSize;
  private final int recordSize;

  /** Bytes of a child's number of records. */
  private final int countSize;

  /** Bytes of the number of records below a child, by the child's level. */
  private final int[] totalSizes;

  private final Visitor visitor;

  /** Takes the records in order. */
  @FunctionalInterface
  interface Visitor {
    void visit(Cursor record) throws CorruptFileException, UnsupportedFeatureException;
  }

  private TreeV2(
      Source source, int type, long nodeSize, int recordSize, int depth, Visitor visitor) {
    this.source = source;
    this.type = type;
    this.nodeSize = nodeSize;
    this.recordSize = recordSize;
    this.visitor = visitor;
    long most = (nodeSize - NODE_OVERHEAD) / recordSize;
    countSize = bytesFor(most);
    totalSizes = new int[depth + 1];
    for (int level = 1; level <= depth; level++) {
      long pointer = (long) Superblock.WORD + countSize + totalSizes[level - 1];
      long records = Math.max(0, nodeSize - NODE_OVERHEAD - pointer) / (recordSize + pointer);
      // Saturates where no file is as large.
      most = (long) Math.min(0x1p62, (records + 1.0) * most + records);
      totalSizes[level] = bytesFor(most);
    }
  }

  /** Walks a tree of a type. */
  static void walk(Source source, long address, int type, Visitor visitor)
      throws CorruptFileException, UnsupportedFeatureException {
    Cursor header = source.at(address, 38, "tree").signature("BTHD").version(0);
    int found = header.u8();
    long nodeSize = header.u32();
    int recordSize = header.u16();
    int depth = header.u16();
    long root = header.skip(2).i64();
    int count = header.u16();
    header.skip(8).checksum();
    if (found != type
        || recordSize == 0
        || nodeSize < NODE_OVERHEAD + recordSize
        || depth > MOST_LEVELS) {
      throw header.corrupt(
          "type " + found + ", " + depth + " levels, records of " + recordSize + " bytes");
    }
    if (root != Source.UNDEFINED && count > 0) {
      new TreeV2(source, type, nodeSize, recordSize, depth, visitor).node(root, count, depth);
    }
  }

  private void node(long address, int count, int level)
      throws CorruptFileException, UnsupportedFeatureException {
    Cursor node = source.at(address, nodeSize, "tree node");
    node.signature(level == 0 ? "BTLF" : "BTIN").version(0);
    if (node.u8() != type) {
      throw node.corrupt("it is of another tree");
    }
    Cursor records = node.part((long) count * recordSize);
    if (level == 0) {
      node.checksum();
      for (int i = 0; i < count; i++) {
        visitor.visit(records.part(recordSize));
      }
      return;
    }
    int totalSize = level > 1 ? totalSizes[level - 1] : 0;
    Cursor pointers = node.part((count + 1L) * (Superblock.WORD + countSize + totalSize));
    node.checksum();
    for (int i = 0; i <= count; i++) {
      long child = pointers.i64();
      int childCount = (int) pointers.number(countSize);
      pointers.skip(totalSize);
      node(child, childCount, level - 1);
      if (i < count) {
        visitor.visit(records.part(recordSize));
      }
    }
  }

  /** Bytes that numbers up to {@code most} take. */
  static int bytesFor(long most) {
    return (63 - Long.numberOfLeadingZeros(Math.max(1, most))) / 8 + 1;
  }
}
