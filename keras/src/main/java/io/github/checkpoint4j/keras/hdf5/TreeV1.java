package io.github.checkpoint4j.keras.hdf5;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.UnsupportedFeatureException;

/** HDF5's older B-tree, of names and of chunks. */
final class TreeV1 {
  static final int GROUP = 0;
  static final int CHUNKS = 1;

  private static final int PREFIX = 24;

  private TreeV1() {}

  /** Takes the leaves in order. */
  @FunctionalInterface
  interface Visitor {
    void visit(Entry entry) throws CorruptFileException, UnsupportedFeatureException;
  }

  /**
   * What a leaf points to.
   *
   * @param key the key before it
   * @param child its address
   */
  record Entry(Cursor key, long child) {}

  /**
   * Walks a tree.
   *
   * @param type {@link #GROUP} or {@link #CHUNKS}
   * @param rank the dimensions of the chunks
   */
  static void walk(Source source, long address, int type, int rank, Visitor visitor)
      throws CorruptFileException, UnsupportedFeatureException {
    Cursor prefix = prefix(source, address, type);
    node(source, address, type, rank, prefix.u8(), visitor);
  }

  private static void node(
      Source source, long address, int type, int rank, int level, Visitor visitor)
      throws CorruptFileException, UnsupportedFeatureException {
    Cursor prefix = prefix(source, address, type);
    if (prefix.u8() != level) {
      throw prefix.corrupt("it is not on level " + level + " of the tree");
    }
    int count = prefix.u16();
    int keySize = type == GROUP ? 8 : 8 + 8 * (rank + 1);
    Cursor entries = source.at(address + PREFIX, (long) count * (keySize + 8), "tree node");
    for (int i = 0; i < count; i++) {
      Cursor key = entries.part(keySize);
      long child = entries.i64();
      if (level > 0) {
        node(source, child, type, rank, level - 1, visitor);
      } else {
        visitor.visit(new Entry(key, child));
      }
    }
  }

  private static Cursor prefix(Source source, long address, int type) throws CorruptFileException {
    Cursor prefix = source.at(address, PREFIX, "tree node").signature("TREE");
    int found = prefix.u8();
    if (found != type) {
      throw prefix.corrupt("a tree of type " + type + " expected, found " + found);
    }
    return prefix;
  }
}
