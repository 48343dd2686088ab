package io.github.checkpoint4j.keras.hdf5;

import io.github.checkpoint4j.format.ByteWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Writes the links of a group: names in a heap, links in tables of some, a tree of the tables. */
final class SymbolTableBytes {
  /** Half of the most links in a table, as the superblock says. */
  static final int TABLE_HALF = 4;

  /** Half of the most children of a tree's node, as the superblock says. */
  static final int NODE_HALF = 16;

  private static final long NO_FREE_SPACE = 1;

  private SymbolTableBytes() {}

  /** A link: its name in UTF-8 and the address of what it names. */
  @SuppressWarnings("ArrayRecordComponent")
  record Entry(byte[] name, long address) {}

  /** Where a table was written: its tree and its heap. */
  record Place(long tree, long heap) {}

  /**
   * A node of the tree or a table.
   *
   * @param address where it is
   * @param last where in the heap the last name below it is
   */
  private record Child(long address, long last) {}

  /**
   * Writes links.
   *
   * @param base the address of what {@code to} begins with
   */
  static Place write(List<Entry> links, ByteWriter to, long base) {
    List<Entry> sorted = new ArrayList<>(links);
    sorted.sort((a, b) -> Arrays.compareUnsigned(a.name(), b.name()));
    long[] offsets = new long[sorted.size()];
    // The empty name is less than all others.
    ByteWriter names = new ByteWriter().u64(0);
    for (int i = 0; i < offsets.length; i++) {
      offsets[i] = names.size();
      names.bytes(sorted.get(i).name()).u8(0);
      Stored.align(names);
    }
    long heap = base + to.size();
    to.bytes(Stored.ascii("HEAP")).u32(0).u64(names.size()).u64(NO_FREE_SPACE).u64(heap + 32);
    to.bytes(names.take());
    List<Child> level = new ArrayList<>();
    int most = 2 * TABLE_HALF;
    for (int from = 0; from < offsets.length; from += most) {
      int end = Math.min(from + most, offsets.length);
      level.add(new Child(base + to.size(), offsets[end - 1]));
      to.bytes(Stored.ascii("SNOD")).u8(1).u8(0).u16(end - from);
      for (int i = from; i < end; i++) {
        to.u64(offsets[i]).u64(sorted.get(i).address()).bytes(new byte[24]);
      }
      to.bytes(new byte[(most - (end - from)) * 40]);
    }
    int height = 0;
    do {
      level = writeNodes(level, height++, to, base);
    } while (level.size() > 1);
    return new Place(level.getFirst().address(), heap);
  }

  /** Writes a level of the tree, at least one node. */
  private static List<Child> writeNodes(
      List<Child> children, int height, ByteWriter to, long base) {
    List<Child> nodes = new ArrayList<>();
    int most = 2 * NODE_HALF;
    long size = 24 + (2L * most + 1) * 8;
    long key = 0;
    int from = 0;
    do {
      int end = Math.min(from + most, children.size());
      long address = base + to.size();
      to.bytes(Stored.ascii("TREE")).u8(TreeV1.GROUP).u8(height).u16(end - from);
      to.u64(from == 0 ? Source.UNDEFINED : address - size);
      to.u64(end == children.size() ? Source.UNDEFINED : address + size);
      to.u64(key);
      for (Child child : children.subList(from, end)) {
        to.u64(child.address()).u64(child.last());
        key = child.last();
      }
      to.bytes(new byte[(most - (end - from)) * 16]);
      nodes.add(new Child(address, key));
      from = end;
    } while (from < children.size());
    return nodes;
  }
}
