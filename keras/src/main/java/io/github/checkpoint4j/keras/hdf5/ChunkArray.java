package io.github.checkpoint4j.keras.hdf5;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import java.util.List;
import java.util.Optional;

/** Chunks by number, in the newer files' arrays. */
abstract sealed class ChunkArray permits FixedChunkArray, GrowingChunkArray {
  static final int CHECKSUM = 4;

  private final boolean filtered;
  private final int sizeWidth;

  /** Bytes of an entry. */
  final int entrySize;

  /**
   * An array.
   *
   * @param header the header, at the kind of its entries
   * @param chunkSize bytes of a chunk that is not filtered
   */
  ChunkArray(Cursor header, long chunkSize) throws CorruptFileException {
    filtered = header.u8() == 1;
    entrySize = header.u8();
    sizeWidth = Chunks.sizeWidth(chunkSize);
    int expected = filtered ? 8 + sizeWidth + 4 : 8;
    if (entrySize != expected) {
      throw header.corrupt("entries of " + expected + " bytes expected, found " + entrySize);
    }
  }

  /** The entry of a chunk; empty if it does not exist. */
  abstract Optional<Cursor> entry(long number) throws CorruptFileException;

  /** Shows a chunk to a visitor if it exists. */
  void visit(List<Long> place, long number, Chunks.Visitor visitor)
      throws CorruptFileException, UnsupportedFeatureException {
    Optional<Cursor> entry = entry(number);
    if (entry.isEmpty()) {
      return;
    }
    long address = entry.get().i64();
    if (address != Source.UNDEFINED) {
      long size = filtered ? entry.get().number(sizeWidth) : -1;
      visitor.visit(new Chunks.Chunk(place, address, size, filtered ? entry.get().u32() : 0));
    }
  }

  /** The entry in a run of them; a run longer than a page is cut in pages with checksums. */
  Cursor entry(Source source, long address, long index, long length, long page)
      throws CorruptFileException {
    long at = index * entrySize;
    if (length > page) {
      at += CHECKSUM + index / page * CHECKSUM;
    }
    return source.at(address + at, entrySize, "chunk array");
  }
}
