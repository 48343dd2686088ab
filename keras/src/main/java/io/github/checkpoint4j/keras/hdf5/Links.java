package io.github.checkpoint4j.keras.hdf5;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** The links of a group, however they are stored. */
final class Links {
  private static final int ORDER_TRACKED = 1;

  private Links() {}

  /** Reads them; in the order in which they were made if that was recorded, else by name. */
  static List<Link> read(ObjectHeader header, Source source)
      throws CorruptFileException, UnsupportedFeatureException {
    List<Link> links = new ArrayList<>();
    Optional<Cursor> table = header.find(ObjectHeader.SYMBOL_TABLE, source, "symbol table");
    if (table.isPresent()) {
      links.addAll(SymbolTable.read(table.get()));
    }
    for (ObjectHeader.Message message : header.messages()) {
      if (message.type() == ObjectHeader.LINK) {
        links.add(Link.read(ObjectHeader.open(message, source, "link")));
      }
    }
    Optional<Cursor> info = header.find(ObjectHeader.LINK_INFO, source, "link info");
    if (info.isPresent()) {
      readDense(info.get(), links);
    }
    boolean ordered = links.stream().allMatch(link -> link.order() >= 0);
    links.sort(ordered ? Comparator.comparingLong(Link::order) : Comparator.comparing(Link::name));
    return links;
  }

  private static void readDense(Cursor info, List<Link> links)
      throws CorruptFileException, UnsupportedFeatureException {
    int flags = info.version(0).u8();
    info.skip((flags & ORDER_TRACKED) == 0 ? 0 : 8);
    long heapAddress = info.i64();
    if (heapAddress == Source.UNDEFINED) {
      return;
    }
    FractalHeap heap = new FractalHeap(info.source(), heapAddress, "link");
    TreeV2.walk(
        info.source(),
        info.i64(),
        TreeV2.LINK_NAMES,
        record -> links.add(Link.read(heap.object(record.skip(4)))));
  }
}
