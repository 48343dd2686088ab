package io.github.checkpoint4j.keras.hdf5;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import java.util.ArrayList;
import java.util.List;

/** The links of a group as HDF5 has written them from its first version on. */
final class SymbolTable {
  private static final int SOFT_LINK = 2;
  private static final int ENTRY = 40;

  private final Source source;
  private final Cursor names;
  private final List<Link> links = new ArrayList<>();

  private SymbolTable(Source source, Cursor names) {
    this.source = source;
    this.names = names;
  }

  /** Reads the links, which are in the order of their names. */
  static List<Link> read(Cursor message) throws CorruptFileException, UnsupportedFeatureException {
    Source source = message.source();
    long tree = message.i64();
    Cursor heap = source.at(message.i64(), 32, "local heap").signature("HEAP").version(0).skip(3);
    long size = heap.size();
    SymbolTable table =
        new SymbolTable(source, source.at(heap.skip(8).i64(), size, "heap of names"));
    TreeV1.walk(source, tree, TreeV1.GROUP, 0, entry -> table.readNode(entry.child()));
    return table.links;
  }

  private void readNode(long address) throws CorruptFileException, UnsupportedFeatureException {
    int count = source.at(address, 8, "symbol table").signature("SNOD").version(1).skip(1).u16();
    Cursor entries = source.at(address + 8, (long) count * ENTRY, "symbol table");
    for (int i = 0; i < count; i++) {
      long nameAt = entries.size();
      long header = entries.i64();
      long cached = entries.u32();
      entries.skip(20);
      String name =
          new Cursor(
                  source, "heap of names", names.position(), names.position() + names.remaining())
              .skip(nameAt)
              .terminated();
      if (cached == SOFT_LINK) {
        throw Link.refused(source, name, "a soft link");
      }
      links.add(new Link(name, -1, header));
    }
  }
}
