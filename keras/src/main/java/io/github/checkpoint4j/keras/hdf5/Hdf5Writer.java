package io.github.checkpoint4j.keras.hdf5;

import io.github.checkpoint4j.format.ByteWriter;
import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;

/**
 * Writes files in the oldest layout, which every HDF5 reads, extends, and h5py writes itself: the
 * superblock, texts, the elements of the datasets, then the objects, those in a group before it.
 */
final class Hdf5Writer {
  private static final int SUPERBLOCK = 96;
  private static final int ALIGNMENT = 64;
  private static final int SYMBOL_TABLE_CACHED = 1;

  private final List<FileContent.Part> parts = new ArrayList<>();
  private final ByteWriter objects = new ByteWriter();
  private long end = SUPERBLOCK;

  private Hdf5Writer() {}

  static FileContent write(Hdf5Group root)
      throws CorruptFileException, UnsupportedFeatureException {
    TextHeap heap = new TextHeap();
    ObjectPlan plan = ObjectPlan.of(root, "/", 0, heap);
    return new Hdf5Writer().write((ObjectPlan.Group) plan, heap);
  }

  /** A group that was written. */
  private record Written(long header, SymbolTableBytes.Place links) {}

  private FileContent write(ObjectPlan.Group root, TextHeap heap) {
    end = heap.layOut(end);
    parts.addAll(heap.parts());
    IdentityHashMap<ObjectPlan.Dataset, Long> addresses = new IdentityHashMap<>();
    placeElements(root, addresses);
    align(8);
    Written written = writeGroup(root, addresses);
    byte[] metadata = objects.take();
    add(Optional.empty(), MemorySegment.ofArray(metadata));
    parts.addFirst(new FileContent.Part(Optional.empty(), superblock(written)));
    return FileContent.of(parts);
  }

  private void placeElements(ObjectPlan node, IdentityHashMap<ObjectPlan.Dataset, Long> addresses) {
    switch (node) {
      case ObjectPlan.Group group ->
          group.children().values().forEach(child -> placeElements(child, addresses));
      case ObjectPlan.Dataset dataset -> {
        MemorySegment elements = dataset.value().bytes();
        if (elements.byteSize() > 0) {
          align(ALIGNMENT);
        }
        addresses.put(dataset, elements.byteSize() == 0 ? Source.UNDEFINED : end);
        add(dataset.isTensor() ? Optional.of(dataset.path()) : Optional.empty(), elements);
      }
    }
  }

  private void align(int multiple) {
    int gap = (int) (-end & (multiple - 1));
    if (gap > 0) {
      add(Optional.empty(), MemorySegment.ofArray(new byte[gap]));
    }
  }

  private void add(Optional<String> tensor, MemorySegment bytes) {
    parts.add(new FileContent.Part(tensor, bytes));
    end = Math.addExact(end, bytes.byteSize());
  }

  private Written writeGroup(
      ObjectPlan.Group group, IdentityHashMap<ObjectPlan.Dataset, Long> addresses) {
    List<SymbolTableBytes.Entry> links = new ArrayList<>();
    group
        .children()
        .forEach(
            (name, child) -> {
              long address =
                  switch (child) {
                    case ObjectPlan.Group below -> writeGroup(below, addresses).header();
                    case ObjectPlan.Dataset dataset ->
                        writeDataset(dataset, addresses.getOrDefault(dataset, Source.UNDEFINED));
                  };
              links.add(new SymbolTableBytes.Entry(Stored.utf8(name, name), address));
            });
    SymbolTableBytes.Place place = SymbolTableBytes.write(links, objects, end);
    ObjectHeaderBytes header = new ObjectHeaderBytes();
    header.add(ObjectHeader.SYMBOL_TABLE, new ByteWriter().u64(place.tree()).u64(place.heap()));
    return new Written(writeHeader(header, group), place);
  }

  private long writeDataset(ObjectPlan.Dataset dataset, long address) {
    Stored value = dataset.value();
    ObjectHeaderBytes header = new ObjectHeaderBytes();
    header.add(value.dataspace()).add(value.datatype());
    // Version 2, allocated late, written if set, and it is not.
    header.add(ObjectHeader.FILL_VALUE, new ByteWriter().u8(2).u8(2).u8(2).u8(1).u32(0));
    int contiguous = 1;
    header.add(
        ObjectHeader.LAYOUT, new ByteWriter().u8(3).u8(contiguous).u64(address).u64(value.size()));
    return writeHeader(header, dataset);
  }

  private long writeHeader(ObjectHeaderBytes header, ObjectPlan object) {
    object.attributes().forEach(header::add);
    long address = end + objects.size();
    header.writeTo(objects);
    return address;
  }

  private MemorySegment superblock(Written root) {
    ByteWriter to = new ByteWriter();
    to.u64(Superblock.SIGNATURE).u32(0).u8(0).u8(Superblock.WORD).u8(Superblock.WORD).u8(0);
    to.u16(SymbolTableBytes.TABLE_HALF).u16(SymbolTableBytes.NODE_HALF).u32(0);
    to.u64(0).u64(Source.UNDEFINED).u64(end).u64(Source.UNDEFINED);
    to.u64(0).u64(root.header()).u32(SYMBOL_TABLE_CACHED).u32(0);
    to.u64(root.links().tree()).u64(root.links().heap());
    return MemorySegment.ofArray(to.take());
  }
}
