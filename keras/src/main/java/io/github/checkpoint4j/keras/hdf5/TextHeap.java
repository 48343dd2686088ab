package io.github.checkpoint4j.keras.hdf5;

import io.github.checkpoint4j.format.ByteWriter;
import io.github.checkpoint4j.format.FileContent;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Writes texts of any length, in blocks of several, and elements that refer to them. */
final class TextHeap {
  /** The least that HDF5 makes, and what a block should not go beyond. */
  private static final int LEAST = 1 << 12;

  private static final int MOST = 1 << 16;
  private static final int HEAD = 16;

  private final List<Block> blocks = new ArrayList<>();

  /** Texts that are written together. */
  static final class Block {
    private final List<byte[]> texts = new ArrayList<>();
    private long size = HEAD;
    private long address;

    private long wholeSize() {
      return Math.max(LEAST, size);
    }
  }

  /**
   * A text in a heap.
   *
   * @param block where it is
   * @param index its number there, from 1
   * @param length its bytes
   */
  record Text(Optional<Block> block, int index, int length) {

    /** Writes an element that refers to the text. Its heap must have been laid out. */
    void writeReference(ByteWriter to) {
      long address = block.map(found -> found.address).orElse(0L);
      to.u32(length).u64(address).u32(index);
    }
  }

  /** Adds a text. */
  Text add(byte[] utf8) {
    if (utf8.length == 0) {
      return new Text(Optional.empty(), 0, 0);
    }
    long size = HEAD + padded(utf8.length);
    if (blocks.isEmpty() || blocks.getLast().size + size > MOST) {
      blocks.add(new Block());
    }
    Block last = blocks.getLast();
    last.texts.add(utf8);
    last.size += size;
    return new Text(Optional.of(last), last.texts.size(), utf8.length);
  }

  /** Gives all blocks their place, one after the other; says where the last one ends. */
  long layOut(long address) {
    long next = address;
    for (Block block : blocks) {
      block.address = next;
      next += block.wholeSize();
    }
    return next;
  }

  /** The blocks. */
  List<FileContent.Part> parts() {
    return blocks.stream()
        .map(block -> new FileContent.Part(Optional.empty(), MemorySegment.ofArray(bytes(block))))
        .toList();
  }

  private static byte[] bytes(Block block) {
    ByteWriter to = new ByteWriter();
    to.bytes(Stored.ascii("GCOL")).u32(1).u64(block.wholeSize());
    int index = 1;
    for (byte[] text : block.texts) {
      to.u16(index++).u16(1).u32(0).u64(text.length).bytes(text);
      Stored.align(to);
    }
    long free = block.wholeSize() - to.size();
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
