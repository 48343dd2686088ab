package io.github.checkpoint4j.keras.hdf5;

import io.github.checkpoint4j.format.ByteWriter;
import io.github.checkpoint4j.format.FileContent;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Writes texts of any length, in collections of some, and elements that refer to them. */
final class TextHeap {
  /** The least that HDF5 makes, and what a collection should not go beyond. */
  private static final int LEAST = 1 << 12;

  private static final int MOST = 1 << 16;
  private static final int HEAD = 16;

  private final List<Collection> collections = new ArrayList<>();

  /** Texts that are written together. */
  private static final class Collection {
    final List<byte[]> texts = new ArrayList<>();
    long size = HEAD;
    long address;

    long wholeSize() {
      return Math.max(LEAST, size);
    }
  }

  /**
   * A text in a heap.
   *
   * @param collection where it is
   * @param index its number there, from 1
   * @param length its bytes
   */
  record Text(Optional<Object> collection, int index, int length) {

    /** Writes an element that refers to the text. Its heap must have been laid out. */
    void writeReference(ByteWriter to) {
      long address = collection.map(found -> ((Collection) found).address).orElse(0L);
      to.u32(length).u64(address).u32(index);
    }
  }

  /** Adds a text. */
  Text add(byte[] utf8) {
    if (utf8.length == 0) {
      return new Text(Optional.empty(), 0, 0);
    }
    long size = HEAD + padded(utf8.length);
    if (collections.isEmpty() || collections.getLast().size + size > MOST) {
      collections.add(new Collection());
    }
    Collection last = collections.getLast();
    last.texts.add(utf8);
    last.size += size;
    return new Text(Optional.of(last), last.texts.size(), utf8.length);
  }

  /** Gives all collections their place, one after the other; says where the last one ends. */
  long layOut(long address) {
    long next = address;
    for (Collection collection : collections) {
      collection.address = next;
      next += collection.wholeSize();
    }
    return next;
  }

  /** The collections. */
  List<FileContent.Part> parts() {
    return collections.stream()
        .map(
            collection ->
                new FileContent.Part(Optional.empty(), MemorySegment.ofArray(bytes(collection))))
        .toList();
  }

  private static byte[] bytes(Collection collection) {
    ByteWriter to = new ByteWriter();
    to.bytes(Stored.ascii("GCOL")).u32(1).u64(collection.wholeSize());
    int index = 1;
    for (byte[] text : collection.texts) {
      to.u16(index++).u16(1).u32(0).u64(text.length).bytes(text);
      Stored.align(to);
    }
    long free = collection.wholeSize() - to.size();
    // Object 0 is what is free.
    if (free >= HEAD) {
      to.u64(0).u64(free).bytes(new byte[Math.toIntExact(free - HEAD)]);
    }
    return to.take();
  }

  private static long padded(int length) {
    return Math.ceilDiv(length, 8) * 8L;
  }
}
